# The tables, the policies, and the environment of the two parts. What runs them is in ecs.tf or lambda.tf.

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.id
  on_ecs    = var.run_on == "ecs"
  on_lambda = var.run_on == "lambda"

  table_prefix = "${trimsuffix(var.prefix, "-")}_"

  # In CloudWatch: two controllers in one account and region would otherwise hide each other's silence.
  deployment = trimsuffix(var.prefix, "-")

  function_names = local.on_lambda ? { api = "${var.prefix}api", reconciler = "${var.prefix}reconciler" } : {}

  common_environment = merge(
    var.settings,
    module.tables.environment,
    {
      RECONCILE_MODE              = var.reconcile_mode
      SSO_INSTANCE_ARN            = var.sso_instance_arn
      IDENTITY_STORE_ID           = var.identity_store_id
      PERMISSION_SET_ARN          = var.default_permission_set_arn
      MANAGED_PERMISSION_SET_ARNS = join(",", var.managed_permission_set_arns)
    },
    # An empty variable would count as unset, which here is the same; a missing one says it more clearly.
    length(var.managed_account_ids) == 0 ? {} : { MANAGED_ACCOUNT_IDS = join(",", var.managed_account_ids) },
    length(var.excluded_account_ids) == 0 ? {} : { EXCLUDED_ACCOUNT_IDS = join(",", var.excluded_account_ids) },
    length(var.protected_principal_ids) == 0 ? {} : { PROTECTED_PRINCIPAL_IDS = join(",", var.protected_principal_ids) },
    var.alarms ? { CLOUDWATCH_METRICS = "on", CLOUDWATCH_DEPLOYMENT = local.deployment } : {},
  )

  # Neither part is told the other's secrets.
  api_environment = merge(
    local.common_environment,
    { SIGNING_SECRET_ARN = local.secret_arns.signing },
    var.secrets.ops == "none" ? {} : { OPS_SECRET_ARN = local.secret_arns.ops },
  )
  reconciler_environment = merge(local.common_environment, {
    CALLBACK_SIGNING_SECRET_ARN = local.secret_arns.callback
    PLUGIN_WEBHOOK_URL          = var.plugin_webhook_url
  })
}

module "tables" {
  source = "./tables"

  prefix               = local.table_prefix
  existing_table_names = var.existing_table_names
  kms_key_arn          = var.kms_key_arn
  deletion_protection  = var.deletion_protection
  tags                 = var.tags
}

module "policies" {
  source = "./policies"

  account_id           = var.account_id
  table_names          = module.tables.names
  sso_instance_arn     = var.sso_instance_arn
  identity_store_id    = var.identity_store_id
  permission_set_arns  = var.managed_permission_set_arns
  account_ids          = var.managed_account_ids
  excluded_account_ids = var.excluded_account_ids
  secret_arns          = local.secret_patterns
  function_names       = local.function_names
  kms_key_arns         = distinct(compact([var.kms_key_arn, var.secrets_kms_key_arn]))
  cloudwatch_metrics   = var.alarms
}
