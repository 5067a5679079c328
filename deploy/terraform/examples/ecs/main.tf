# The API and the reconciler on ECS Fargate, in an account that is a delegated administrator of Identity Center.

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

  run_on         = "ecs"
  prefix         = "prod-jit-"
  account_id     = "123456789012"
  reconcile_mode = "observe"

  sso_instance_arn  = "arn:aws:sso:::instance/ssoins-1111222233334444"
  identity_store_id = "d-1234567890"
  managed_permission_set_arns = [
    "arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-aaaa111122223333",
    "arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-bbbb111122223333",
  ]
  default_permission_set_arn = "arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-aaaa111122223333"
  excluded_account_ids       = ["999999999999"]
  protected_principal_ids    = ["44444444-4444-4444-8444-444444444444"]

  plugin_webhook_url = "https://chat.example.com/plugins/com.dgwhited.jit-access/webhook"
  secrets = {
    signing  = "arn:aws:secretsmanager:us-east-1:123456789012:secret:jit/signing-AbCdEf"
    ops      = "arn:aws:secretsmanager:us-east-1:123456789012:secret:jit/ops-AbCdEf"
    callback = "arn:aws:secretsmanager:us-east-1:123456789012:secret:jit/callback-AbCdEf"
  }
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"

  ecs = {
    image                         = "123456789012.dkr.ecr.us-east-1.amazonaws.com/jit-access-controller:0.1.0"
    subnet_ids                    = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
    api_security_group_ids        = [aws_security_group.task["api"].id]
    reconciler_security_group_ids = [aws_security_group.task["reconciler"].id]
    # By way of the listener: ECS takes no target group that no listener uses yet.
    api_target_group_arn = aws_lb_listener.api.default_action[0].target_group_arn
  }

  settings = {
    MAX_REQUEST_HOURS = "8"
  }
}

output "load_balancer_address" {
  value = aws_lb.api.dns_name
}

output "secret_arns" {
  value = module.jit_access.secret_arns
}

output "policies" {
  value = module.jit_access.policies
}
