# The API: it records wishes in the tables and looks people up. It has no action of Identity Center at all, cannot read
# the reconciler's secret, and cannot write the rows by which the reconciler leads and brakes.

data "aws_iam_policy_document" "api" {
  statement {
    sid = "Requests"
    actions = [
      "dynamodb:GetItem",      # a request is read, consistently, before every decision about it
      "dynamodb:BatchGetItem", # the other requests that want the same access, and the ones that a drift list names
      "dynamodb:UpdateItem",   # a new request, approve, deny, revoke
    ]
    resources = [local.table.requests]
  }

  statement {
    sid = "RequestsByIndex"
    actions = [
      "dynamodb:Query", # lists by channel, account, requester and status, and what a person has open
    ]
    resources = [
      "${local.table.requests}/index/gsi_channel_created",
      "${local.table.requests}/index/gsi_account_created",
      "${local.table.requests}/index/gsi_requester_created",
      "${local.table.requests}/index/gsi_status_endtime",
      "${local.table.requests}/index/gsi_status_due",
    ]
  }

  statement {
    sid = "AuditAppend"
    actions = [
      "dynamodb:PutItem", # the event of every transition, in its transaction; nothing here changes or deletes one
    ]
    resources = [local.table.audit]
  }

  statement {
    sid = "AuditRead"
    actions = [
      "dynamodb:Query", # GET /audit by request, account and channel; an approval is compared with what was asked
    ]
    resources = [
      local.table.audit,
      "${local.table.audit}/index/gsi_account_event",
      "${local.table.audit}/index/gsi_channel_event",
    ]
  }

  statement {
    sid = "Bindings"
    actions = [
      "dynamodb:GetItem",            # the binding under which a request is made and approved
      "dynamodb:Query",              # all bindings of a channel
      "dynamodb:PutItem",            # a new binding
      "dynamodb:UpdateItem",         # approvers and settings
      "dynamodb:DeleteItem",         # unbinding
      "dynamodb:ConditionCheckItem", # a request is written only while its binding is as it was read
    ]
    resources = [local.table.config]
  }

  statement {
    sid = "BindingsByAccount"
    actions = [
      "dynamodb:Query", # whether another channel has the account
    ]
    resources = ["${local.table.config}/index/gsi_account"]
  }

  statement {
    sid = "Nonces"
    actions = [
      "dynamodb:PutItem", # a signature is accepted once
    ]
    resources = [local.table.nonces]
  }

  statement {
    sid = "Ledger"
    actions = [
      "dynamodb:GetItem", # which requests want an assignment
      "dynamodb:PutItem", # an approval adds its entry
    ]
    resources = [local.table.assignments]
  }

  statement {
    sid = "LedgerByDue"
    actions = [
      "dynamodb:Query", # what is under way, for GET /drift
    ]
    resources = ["${local.table.assignments}/index/gsi_due"]
  }

  statement {
    sid = "Control"
    actions = [
      "dynamodb:GetItem",      # freezes, nudges, passes and what the reconciler publishes
      "dynamodb:BatchGetItem", # published lists lie in several rows
    ]
    resources = [local.table.control]
  }

  statement {
    sid = "ControlWrite"
    actions = [
      "dynamodb:PutItem", # freezes, nudges, passes that are asked for, accounts that are bound
    ]
    resources = [local.table.control]

    # Never the lease, the brake, the sweep nor what is withheld: they are the reconciler's.
    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["principal#*", "nudges", "pass#*", "account#*"]
    }
  }

  statement {
    sid = "ControlUnbind"
    actions = [
      "dynamodb:DeleteItem", # an account that is no longer bound
    ]
    resources = [local.table.control]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["account#*"]
    }
  }

  statement {
    sid = "ControlCheck"
    actions = [
      "dynamodb:ConditionCheckItem", # a request is written only while the person is not frozen
    ]
    resources = [local.table.control]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["principal#*"]
    }
  }

  statement {
    sid = "Directory"
    actions = [
      "identitystore:GetUserId",    # a requester is found by user name or e-mail
      "identitystore:DescribeUser", # a person who is named by id, for POST /users/revoke
    ]
    resources = local.directory_scope
  }

  dynamic "statement" {
    for_each = length(var.secret_arns) == 0 ? [] : [var.secret_arns]
    content {
      sid = "CallersKeys"
      actions = [
        "secretsmanager:GetSecretValue", # the plugin's and the operators' keys, read again each minute
      ]
      resources = compact([var.secret_arns["signing"], lookup(var.secret_arns, "ops", null)])
    }
  }

  dynamic "statement" {
    for_each = contains(keys(local.function), "reconciler") ? [local.function.reconciler] : []
    content {
      sid = "WakeReconciler"
      actions = [
        "lambda:InvokeFunction", # the reconciler at once after each approve and revoke, its schedule is a minute apart
      ]
      resources = [statement.value]
    }
  }

  # The action knows no resources: the namespace is all that keeps a part from speaking for others.
  dynamic "statement" {
    for_each = var.cloudwatch_metrics ? [true] : []
    content {
      sid = "Metrics"
      actions = [
        "cloudwatch:PutMetricData", # how many calls were refused
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
