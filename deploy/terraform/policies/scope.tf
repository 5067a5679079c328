# What the policies are about, as ARNs. All are built from names, so that a plan shows every policy whole.

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.id

  table = {
    for table, name in var.table_names : table => "arn:${local.partition}:dynamodb:${local.region}:${var.account_id}:table/${name}"
  }

  function = {
    for part, name in var.function_names : part => "arn:${local.partition}:lambda:${local.region}:${var.account_id}:function:${name}"
  }

  managed_accounts = (
    length(var.account_ids) == 0
    ? ["arn:${local.partition}:sso:::account/*"]
    : [for id in var.account_ids : "arn:${local.partition}:sso:::account/${id}"]
  )
  excluded_accounts = [for id in var.excluded_account_ids : "arn:${local.partition}:sso:::account/${id}"]

  # An assignment is of an account, a permission set and an instance: the service authorization reference marks all
  # three as required, so an action is allowed only where each of the three is.
  assignment_scope = concat([var.sso_instance_arn], var.permission_set_arns, local.managed_accounts)

  # The directory belongs to the management account, also where this runs in a delegated administrator's one; its id is
  # unique. The id of a user who is looked up by e-mail is not known before, so users cannot be narrowed further.
  directory_scope = [
    "arn:${local.partition}:identitystore::*:identitystore/${var.identity_store_id}",
    "arn:${local.partition}:identitystore:::user/*",
  ]

  # Only through the services that hold the encrypted rows and secrets, never for anything else under the same key.
  kms_services = [
    "dynamodb.${local.region}.amazonaws.com",
    "secretsmanager.${local.region}.amazonaws.com",
  ]
}
