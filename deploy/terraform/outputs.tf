output "table_names" {
  description = "The names of the seven tables."
  value       = module.tables.names
}

output "secret_arns" {
  description = "The secrets. Those made here are empty: put their values in before the parts can start."
  value       = local.secret_arns
}

output "api_url" {
  description = "With run_on = \"lambda\": what the plugin is given as its base URL. On ECS it is the load balancer's."
  value       = one(aws_apigatewayv2_api.this[*].api_endpoint)
}

output "operator_policy_arn" {
  description = "The policy for people who break the glass."
  value       = aws_iam_policy.operator.arn
}

output "policies" {
  description = "The policies of all parts as JSON, whichever of them are in use."
  value = {
    api        = module.policies.api
    reconciler = module.policies.reconciler
    observer   = module.policies.observer
    operator   = module.policies.operator
  }
}
