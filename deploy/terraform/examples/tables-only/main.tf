# The tables and the policies alone, for parts that run elsewhere, such as in Kubernetes; and the way to take over the
# tables of the previous system with their data.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0, < 7.0"
    }
  }
}

provider "aws" {
  region = "us-east-1"

  # Not into another account by mistake.
  allowed_account_ids = ["123456789012"]
}

variable "take_over" {
  description = "Tables of the previous system, by requests, audit, config and nonces: they are imported and kept, with their data."
  type        = map(string)
  default     = {}
}

variable "deletion_protection" {
  description = "Whether DynamoDB refuses to delete the tables."
  type        = bool
  default     = true
}

variable "point_in_time_recovery" {
  description = "Whether the tables can be restored to any second of the last 35 days."
  type        = bool
  default     = true
}

import {
  for_each = var.take_over
  to       = module.tables.aws_dynamodb_table.this[each.key]
  id       = each.value
}

module "tables" {
  source = "../../tables"

  prefix                 = "jit_"
  existing_table_names   = var.take_over
  deletion_protection    = var.deletion_protection
  point_in_time_recovery = var.point_in_time_recovery
}

module "policies" {
  source = "../../policies"

  account_id          = "123456789012"
  table_names         = module.tables.names
  sso_instance_arn    = "arn:aws:sso:::instance/ssoins-1111222233334444"
  identity_store_id   = "d-1234567890"
  permission_set_arns = ["arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-aaaa111122223333"]
  # account_ids and excluded_account_ids narrow it further. The keys are files, such as Kubernetes Secrets: secret_arns
  # would allow to read them from Secrets Manager.
}

output "environment" {
  value = module.tables.environment
}

output "policies" {
  value = {
    api        = module.policies.api
    reconciler = module.policies.reconciler
    observer   = module.policies.observer
    operator   = module.policies.operator
  }
}
