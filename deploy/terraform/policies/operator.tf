# A person who breaks the glass: exactly the commands of deploy/runbooks/break-glass-revoke.md. All of them take access
# away or look; none can give any.

data "aws_iam_policy_document" "operator" {
  dynamic "statement" {
    for_each = contains(keys(local.function), "api") ? [local.function.api] : []
    content {
      sid = "CallTheFunction"
      actions = [
        "lambda:InvokeFunction", # way 2: the event is signed with a key that AWS does not know
      ]
      resources = [statement.value]
    }
  }

  statement {
    sid = "DeleteInAws"
    actions = [
      "sso:DeleteAccountAssignment", # way 3a: access ends in AWS at once
      "sso:ListAccountAssignments",  # the proof that it is gone
    ]
    resources = local.assignment_scope
  }

  statement {
    sid = "TypeRevoked"
    actions = [
      "dynamodb:UpdateItem", # way 3c: a row is marked REVOKED, which the loop adopts
    ]
    resources = [local.table.requests]

    # The columns that 3c names, and no others. The values cannot be fenced in: the loop puts back what is not an ending.
    condition {
      test     = "ForAllValues:StringEquals"
      variable = "dynamodb:Attributes"
      values   = ["request_id", "status", "revoked_at", "revoked_by"]
    }

    # An answer with the whole row would show the other columns.
    condition {
      test     = "StringEqualsIfExists"
      variable = "dynamodb:ReturnValues"
      values   = ["NONE", "UPDATED_OLD", "UPDATED_NEW"]
    }
  }

  statement {
    sid = "ReadRequest"
    actions = [
      "dynamodb:GetItem", # whether the removal has been seen
    ]
    resources = [local.table.requests]
  }

  statement {
    sid = "ReadAudit"
    actions = [
      "dynamodb:Query", # the trail of the request
    ]
    resources = [local.table.audit]
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
