# One role for each part, with the policy of that part; and the policy for people who break the glass, to be attached to
# whatever they sign in with.

locals {
  runs_as = local.on_ecs ? "ecs-tasks.amazonaws.com" : "lambda.amazonaws.com"
  policies = {
    api        = module.policies.api
    reconciler = var.reconcile_mode == "enforce" ? module.policies.reconciler : module.policies.observer
  }
}

data "aws_iam_policy_document" "assumed_by_service" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = [local.runs_as]
    }

    # Not for a service that somebody else's account sends. Lambda's service does not say for whom it assumes a role.
    dynamic "condition" {
      for_each = local.on_ecs ? [var.account_id] : []
      content {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [condition.value]
      }
    }
  }
}

resource "aws_iam_role" "part" {
  for_each = local.policies

  name               = "${var.prefix}${each.key}"
  description        = "What the ${each.key} of ${var.prefix} may do."
  assume_role_policy = data.aws_iam_policy_document.assumed_by_service.json
  tags               = var.tags
}

resource "aws_iam_role_policy" "part" {
  for_each = local.policies

  name   = "${var.prefix}${each.key}"
  role   = aws_iam_role.part[each.key].id
  policy = each.value
}

resource "aws_iam_policy" "operator" {
  name        = "${var.prefix}break-glass"
  description = "What a person needs for the break-glass runbook, and no more."
  policy      = module.policies.operator
  tags        = var.tags
}

resource "aws_cloudwatch_log_group" "part" {
  for_each = local.policies

  name              = local.on_ecs ? "/ecs/${var.prefix}${each.key}" : "/aws/lambda/${var.prefix}${each.key}"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}
