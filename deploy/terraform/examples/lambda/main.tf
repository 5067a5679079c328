# The API and the reconciler as functions, with secrets that are made here and filled by hand.

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

module "jit_access" {
  source = "../.."

  run_on         = "lambda"
  account_id     = "123456789012"
  reconcile_mode = "observe"

  sso_instance_arn            = "arn:aws:sso:::instance/ssoins-1111222233334444"
  identity_store_id           = "d-1234567890"
  managed_permission_set_arns = ["arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-aaaa111122223333"]
  default_permission_set_arn  = "arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-aaaa111122223333"
  managed_account_ids         = ["111111111111", "222222222222"]

  plugin_webhook_url = "https://chat.example.com/plugins/com.dgwhited.jit-access/webhook"
  secrets = {
    signing  = "create"
    ops      = "create"
    callback = "create"
  }

  lambda = {
    s3_bucket         = "example-deployments"
    s3_key            = "jit-access-controller-0.1.0.zip"
    s3_object_version = "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY"
  }
}

output "api_url" {
  value = module.jit_access.api_url
}

output "secret_arns" {
  value = module.jit_access.secret_arns
}

output "policies" {
  value = module.jit_access.policies
}
