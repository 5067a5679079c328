# The seven tables, with the keys, indexes and time to live of src/table-definitions.ts. A test compares the two.

locals {
  definitions = {
    requests = {
      hash_key  = "request_id"
      range_key = null
      ttl       = null
      indexes = {
        gsi_channel_created   = { hash_key = "channel_id", range_key = "created_at" }
        gsi_account_created   = { hash_key = "account_id", range_key = "created_at" }
        gsi_requester_created = { hash_key = "requester_email", range_key = "created_at" }
        gsi_status_endtime    = { hash_key = "status", range_key = "end_time" }
        gsi_status_due        = { hash_key = "status", range_key = "due_at" }
      }
    }
    audit = {
      hash_key  = "request_id"
      range_key = "event_time_event_id"
      ttl       = null
      indexes = {
        gsi_account_event = { hash_key = "account_id", range_key = "event_time_event_id" }
        gsi_channel_event = { hash_key = "channel_id", range_key = "event_time_event_id" }
      }
    }
    config = {
      hash_key  = "channel_id"
      range_key = "account_id"
      ttl       = null
      indexes = {
        gsi_account = { hash_key = "account_id", range_key = null }
      }
    }
    nonces = {
      hash_key  = "key_id"
      range_key = "nonce"
      ttl       = "expires_at"
      indexes   = {}
    }
    assignments = {
      hash_key  = "assignment_id"
      range_key = null
      ttl       = null
      indexes = {
        gsi_due  = { hash_key = "shard", range_key = "due_at" }
        gsi_pair = { hash_key = "pair", range_key = "assignment_id" }
      }
    }
    outbox = {
      hash_key  = "notification_id"
      range_key = null
      ttl       = null
      indexes = {
        gsi_due = { hash_key = "shard", range_key = "due_at" }
      }
    }
    control = {
      hash_key  = "name"
      range_key = null
      ttl       = "expires_at"
      indexes   = {}
    }
  }

  names = { for table in keys(local.definitions) : table => lookup(var.existing_table_names, table, "${var.prefix}${table}") }

  # DynamoDB wants every attribute that a key names, once, and no other.
  key_attributes = {
    for table, definition in local.definitions : table => toset(compact(concat(
      [definition.hash_key, definition.range_key],
      flatten([for index in values(definition.indexes) : [index.hash_key, index.range_key]]),
    )))
  }
}

resource "aws_dynamodb_table" "this" {
  for_each = local.definitions

  name                        = local.names[each.key]
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = each.value.hash_key
  range_key                   = each.value.range_key
  deletion_protection_enabled = var.deletion_protection
  tags                        = var.tags

  dynamic "attribute" {
    for_each = local.key_attributes[each.key]
    content {
      name = attribute.value
      type = "S"
    }
  }

  dynamic "global_secondary_index" {
    for_each = each.value.indexes
    content {
      name            = global_secondary_index.key
      hash_key        = global_secondary_index.value.hash_key
      range_key       = global_secondary_index.value.range_key
      projection_type = "ALL"
    }
  }

  # Garbage only: DynamoDB deletes days late, and nothing that is decided depends on it.
  dynamic "ttl" {
    for_each = each.value.ttl == null ? [] : [each.value.ttl]
    content {
      attribute_name = ttl.value
      enabled        = true
    }
  }

  point_in_time_recovery {
    enabled = var.point_in_time_recovery
  }

  # Without the block DynamoDB encrypts as well, with a key of its own; the block would choose the account's aws/dynamodb.
  dynamic "server_side_encryption" {
    for_each = var.kms_key_arn == null ? [] : [var.kms_key_arn]
    content {
      enabled     = true
      kms_key_arn = server_side_encryption.value
    }
  }
}
