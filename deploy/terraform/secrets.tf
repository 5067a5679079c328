# Secrets are made empty, or given by ARN. Their values are put in by hand and never pass through Terraform: what
# Terraform knows lies in its state, readable.

locals {
  secret_purposes = {
    signing  = "Keys with which the plugin signs its calls."
    ops      = "Keys with which operators sign their calls."
    callback = "The key with which notifications to the plugin are signed."
  }
  secrets_made = { for name, source in var.secrets : name => local.secret_purposes[name] if source == "create" }

  secret_arns = {
    for name, source in var.secrets : name => source == "create" ? aws_secretsmanager_secret.this[name].arn : source
    if source != "none"
  }

  # AWS adds six characters to the ARN of a new secret. With a pattern for them a plan shows the policies whole.
  secret_patterns = {
    for name, source in var.secrets : name => (
      source == "create"
      ? "arn:${local.partition}:secretsmanager:${local.region}:${var.account_id}:secret:${var.prefix}${name}-??????"
      : source
    )
    if source != "none"
  }
}

resource "aws_secretsmanager_secret" "this" {
  for_each = local.secrets_made

  name        = "${var.prefix}${each.key}"
  description = each.value
  kms_key_id  = var.kms_key_arn
  tags        = var.tags
}
