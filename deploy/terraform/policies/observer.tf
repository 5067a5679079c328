# A reconciler that only observes: it reads, plans and shows. It has no write of Identity Center, reads no secret, and
# writes nothing but its own rows of the control table.

data "aws_iam_policy_document" "observer" {
  statement {
    sid = "Assignments"
    actions = [
      "sso:ListAccountAssignments", # what is live
    ]
    resources = local.assignment_scope
  }

  statement {
    sid = "PermissionSets"
    actions = [
      "sso:DescribePermissionSet",                   # how long sessions may last, and whether a set still exists
      "sso:ListAccountsForProvisionedPermissionSet", # where a set is live: what the sweep goes through
    ]
    resources = concat([var.sso_instance_arn], var.permission_set_arns)
  }

  statement {
    sid = "Instance"
    actions = [
      "sso:DescribeAccountAssignmentCreationStatus", # the verdict on a creation that another reconciler began
      "sso:DescribeAccountAssignmentDeletionStatus", # the verdict on a deletion that another reconciler began
      "sso:ListAccountAssignmentsForPrincipal",      # all access of a person, for a pass about them
      "sso:ListPermissionSets",                      # that a set is gone is believed only while the list of all answers
    ]
    resources = [var.sso_instance_arn]
  }

  statement {
    sid = "TablesAtStart"
    actions = [
      "dynamodb:DescribeTable", # a process refuses to start on tables with other keys or indexes
    ]
    resources = values(local.table)
  }

  statement {
    sid = "Requests"
    actions = [
      "dynamodb:GetItem",      # a request as it is
      "dynamodb:BatchGetItem", # all requests that want one assignment
      "dynamodb:Scan",         # what a take-over of the previous system's tables would find
    ]
    resources = [local.table.requests]
  }

  statement {
    sid = "RequestsByIndex"
    actions = [
      "dynamodb:Query", # what is due, and what could explain an assignment of unknown origin
    ]
    resources = [
      "${local.table.requests}/index/gsi_status_due",
      "${local.table.requests}/index/gsi_account_created",
    ]
  }

  statement {
    sid = "RequestsOpen"
    actions = [
      "dynamodb:Scan", # the sparse index holds open requests only: how many there are, and statuses typed by hand
    ]
    resources = ["${local.table.requests}/index/gsi_status_due"]
  }

  statement {
    sid = "Audit"
    actions = [
      "dynamodb:Query", # the events of a request explain a lost entry of the ledger
    ]
    resources = [local.table.audit]
  }

  statement {
    sid = "Bindings"
    actions = [
      "dynamodb:Scan", # what a take-over of the previous system's tables would find
    ]
    resources = [local.table.config]
  }

  statement {
    sid = "Ledger"
    actions = [
      "dynamodb:GetItem",      # the row of an assignment
      "dynamodb:BatchGetItem", # rows that a nudge named
      "dynamodb:Scan",         # what is live and out of scope, at start, and what a sweep must look at
    ]
    resources = [local.table.assignments]
  }

  statement {
    sid = "LedgerByIndex"
    actions = [
      "dynamodb:Query", # what is due, and the rows of a pair of permission set and account
    ]
    resources = [
      "${local.table.assignments}/index/gsi_due",
      "${local.table.assignments}/index/gsi_pair",
    ]
  }

  statement {
    sid = "Control"
    actions = [
      "dynamodb:GetItem",      # nudges, freezes, and passes that are asked for
      "dynamodb:BatchGetItem", # lists that lie in several rows
    ]
    resources = [local.table.control]
  }

  statement {
    sid = "ControlWrite"
    actions = [
      "dynamodb:PutItem", # what was seen
    ]
    resources = [local.table.control]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["observe#*"]
    }
  }

  # The action knows no resources: the namespace is all that keeps a part from speaking for others.
  dynamic "statement" {
    for_each = var.cloudwatch_metrics ? [true] : []
    content {
      sid = "Metrics"
      actions = [
        "cloudwatch:PutMetricData", # what alarms are made of
      ]
      resources = ["*"]

      condition {
        test     = "StringEquals"
        variable = "cloudwatch:namespace"
        values   = ["JIT"]
      }
    }
  }

  dynamic "statement" {
    for_each = length(var.kms_key_arns) == 0 ? [] : [var.kms_key_arns]
    content {
      sid = "Decrypt"
      actions = [
        "kms:Decrypt", # asked by DynamoDB in the caller's name, where the key is the customer's
      ]
      resources = statement.value

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["dynamodb.${local.region}.amazonaws.com"]
      }
    }
  }
}
