output "names" {
  description = "The names of the seven tables: requests, audit, config, nonces, assignments, outbox, control."
  value       = local.names
}

output "environment" {
  description = "The seven TABLE_ variables for the API and the reconciler, as docs/configuration.md names them."
  value       = { for table, name in local.names : "TABLE_${upper(table)}" => name }
}

output "arns" {
  description = "The ARNs of the seven tables."
  value       = { for table, resource in aws_dynamodb_table.this : table => resource.arn }
}
