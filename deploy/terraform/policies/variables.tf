variable "account_id" {
  description = "The account that holds the tables, secrets and functions."
  type        = string
}

variable "table_names" {
  description = "The names of the seven tables, by requests, audit, config, nonces, assignments, outbox and control."
  type        = map(string)

  validation {
    condition     = length(setsubtract(["requests", "audit", "config", "nonces", "assignments", "outbox", "control"], keys(var.table_names))) == 0
    error_message = "table_names must name requests, audit, config, nonces, assignments, outbox and control."
  }
}

variable "sso_instance_arn" {
  description = "The Identity Center instance."
  type        = string
}

variable "identity_store_id" {
  description = "The directory of the instance."
  type        = string
}

variable "permission_set_arns" {
  description = "The managed permission sets. Nothing else can be assigned or taken away by any of these policies."
  type        = list(string)

  validation {
    condition     = length(var.permission_set_arns) > 0
    error_message = "permission_set_arns must name at least one permission set."
  }
}

variable "account_ids" {
  description = "The managed accounts; empty means every account of the organisation."
  type        = list(string)
  default     = []
}

variable "excluded_account_ids" {
  description = "Accounts in which no assignment may be written, whatever else is allowed."
  type        = list(string)
  default     = []
}

variable "secret_arns" {
  description = "The secrets: signing, ops (may be left out) and callback. An ARN may end in -?????? where the suffix that AWS adds is not known. Empty where the keys are files, such as Kubernetes Secrets: then no secret may be read."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(var.secret_arns) == 0 || length(setsubtract(["signing", "callback"], keys(var.secret_arns))) == 0
    error_message = "secret_arns must name signing and callback, or nothing at all."
  }
}

variable "function_names" {
  description = "The functions, where the parts run in Lambda: api and reconciler. Empty elsewhere."
  type        = map(string)
  default     = {}
}

variable "kms_key_arns" {
  description = "The customer managed keys of tables and secrets; empty where AWS's own keys are used."
  type        = list(string)
  default     = []
}

variable "cloudwatch_metrics" {
  description = "Whether the parts send their metrics to the CloudWatch namespace JIT."
  type        = bool
  default     = false
}
