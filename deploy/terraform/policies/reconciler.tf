# A reconciler that enforces: the only part that can create and delete assignments, of managed permission sets in managed
# accounts only. Which kind of principal (always a user) cannot be said in a policy: no condition key exists for it.

data "aws_iam_policy_document" "reconciler" {
  statement {
    sid = "Assignments"
    actions = [
      "sso:CreateAccountAssignment", # an approved request is granted
      "sso:DeleteAccountAssignment", # access that ended, or that nobody explains, is taken away
      "sso:ListAccountAssignments",  # what is live, and the proof of every grant and removal
    ]
    resources = local.assignment_scope
  }

  # An exclusion counts more than anything that is allowed, here or in another policy of the role.
  dynamic "statement" {
    for_each = length(local.excluded_accounts) == 0 ? [] : [local.excluded_accounts]
    content {
      sid    = "NeverInExcludedAccounts"
      effect = "Deny"
      actions = [
        "sso:CreateAccountAssignment", # not even a mistake in the configuration of a process
        "sso:DeleteAccountAssignment", # the same
      ]
      resources = statement.value
    }
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
      "sso:DescribeAccountAssignmentCreationStatus", # the verdict on a creation
      "sso:DescribeAccountAssignmentDeletionStatus", # the verdict on a deletion
      "sso:ListAccountAssignmentCreationStatus",     # which creations still run, in one call
      "sso:ListAccountAssignmentDeletionStatus",     # which deletions still run, in one call
      "sso:ListAccountAssignmentsForPrincipal",      # all access of a person whose requests are revoked together
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
      "dynamodb:GetItem",            # a request is read, consistently, before anything is done for it
      "dynamodb:BatchGetItem",       # all requests that want one assignment
      "dynamodb:Scan",               # once, when the tables of the previous system are taken over
      "dynamodb:UpdateItem",         # GRANTED, EXPIRED, ERROR, settled, and commands typed by hand
      "dynamodb:ConditionCheckItem", # an assignment is claimed only while its requests are as they were read
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
      "dynamodb:PutItem", # the event of every transition, in its transaction; nothing here changes or deletes one
      "dynamodb:Query",   # the events of a request restore a lost entry of the ledger
    ]
    resources = [local.table.audit]
  }

  statement {
    sid = "Bindings"
    actions = [
      "dynamodb:Scan", # once, when the tables of the previous system are taken over
    ]
    resources = [local.table.config]
  }

  statement {
    sid = "Ledger"
    actions = [
      "dynamodb:GetItem",      # the row of an assignment, before every step
      "dynamodb:BatchGetItem", # rows that a nudge named
      "dynamodb:PutItem",      # every step is written before AWS is called
      "dynamodb:DeleteItem",   # a row that has nothing left to do
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
    sid = "Outbox"
    actions = [
      "dynamodb:GetItem",    # a notification waits for the one before it
      "dynamodb:PutItem",    # with the record that makes it true
      "dynamodb:UpdateItem", # when to try again
      "dynamodb:DeleteItem", # accepted
    ]
    resources = [local.table.outbox]
  }

  statement {
    sid = "OutboxByDue"
    actions = [
      "dynamodb:Query", # what is to be sent now
    ]
    resources = ["${local.table.outbox}/index/gsi_due"]
  }

  statement {
    sid = "Control"
    actions = [
      "dynamodb:GetItem",            # lease, nudges, freezes, brake, passes
      "dynamodb:BatchGetItem",       # lists that lie in several rows
      "dynamodb:PutItem",            # the lease is renewed, and what was found is published
      "dynamodb:DeleteItem",         # the cursor of a sweep that is complete
      "dynamodb:ConditionCheckItem", # a creation is claimed only while the person is not frozen
    ]
    resources = [local.table.control]
  }

  dynamic "statement" {
    for_each = length(var.secret_arns) == 0 ? [] : [var.secret_arns]
    content {
      sid = "CallbackKey"
      actions = [
        "secretsmanager:GetSecretValue", # the key that signs notifications, read again each minute
      ]
      resources = [var.secret_arns["callback"]]
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
        "kms:Decrypt", # asked by DynamoDB and Secrets Manager in the caller's name, where the key is the customer's
      ]
      resources = statement.value

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = local.kms_services
      }
    }
  }
}
