variable "prefix" {
  description = "What every table's name begins with. A name is the prefix and then requests, audit, config, nonces, assignments, outbox or control."
  type        = string
  default     = "jit_"

  validation {
    condition     = can(regex("^[a-zA-Z0-9_.-]{1,200}$", var.prefix))
    error_message = "prefix must be 1 to 200 letters, digits, \".\", \"_\" or \"-\", such as jit_."
  }
}

variable "existing_table_names" {
  description = "Names that do not follow the prefix, by table: those of a deployment that is taken over. Import the tables before the first apply."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.existing_table_names), ["requests", "audit", "config", "nonces"])) == 0
    error_message = "existing_table_names may name requests, audit, config and nonces: the previous system has no other tables."
  }

  validation {
    condition     = alltrue([for name in values(var.existing_table_names) : can(regex("^[a-zA-Z0-9_.-]{3,255}$", name))])
    error_message = "existing_table_names must hold table names of 3 to 255 letters, digits, \".\", \"_\" or \"-\"."
  }
}

variable "kms_key_arn" {
  description = "A customer managed key for the tables. Left out, DynamoDB encrypts them with a key that AWS owns."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:\\d{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key, arn:aws:kms:<region>:<account>:key/<id>, and not that of an alias."
  }
}

variable "deletion_protection" {
  description = "Whether DynamoDB refuses to delete the tables. To remove them for good: apply with false first."
  type        = bool
  default     = true
}

variable "point_in_time_recovery" {
  description = "Whether the tables can be restored to any second of the last 35 days."
  type        = bool
  default     = true
}

variable "tags" {
  description = "Tags of every table."
  type        = map(string)
  default     = {}
}
