output "api" {
  description = "The policy of the API, as JSON."
  value       = data.aws_iam_policy_document.api.json
}

output "reconciler" {
  description = "The policy of a reconciler with RECONCILE_MODE=enforce, as JSON."
  value       = data.aws_iam_policy_document.reconciler.json
}

output "observer" {
  description = "The policy of a reconciler with RECONCILE_MODE=observe, as JSON: it can write nothing in Identity Center."
  value       = data.aws_iam_policy_document.observer.json
}

output "operator" {
  description = "The policy of a person who breaks the glass, as JSON."
  value       = data.aws_iam_policy_document.operator.json
}
