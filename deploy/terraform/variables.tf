# What has no default is dangerous to get wrong, and a person must have said it: which organisation, what is managed in
# it, what runs, whom it tells, and whether it may take access away.

variable "run_on" {
  description = "Where the API and the reconciler run: ecs (two Fargate services) or lambda (two functions behind an API Gateway)."
  type        = string

  validation {
    condition     = contains(["ecs", "lambda"], var.run_on)
    error_message = "run_on must be ecs or lambda."
  }

  validation {
    condition     = (var.run_on == "ecs") == (var.ecs != null) && (var.run_on == "lambda") == (var.lambda != null)
    error_message = "run_on = \"ecs\" needs the variable ecs and no lambda, run_on = \"lambda\" needs the variable lambda and no ecs."
  }
}

variable "account_id" {
  description = "The AWS account that all of this is in: the management account or a delegated administrator of Identity Center."
  type        = string

  validation {
    condition     = can(regex("^\\d{12}$", var.account_id))
    error_message = "account_id must be the 12 digits of an account."
  }
}

variable "reconcile_mode" {
  description = "observe looks, plans and shows; enforce makes AWS match, which takes access away. Begin with observe and read GET /plan."
  type        = string

  validation {
    condition     = contains(["observe", "enforce"], var.reconcile_mode)
    error_message = "reconcile_mode must be observe or enforce."
  }
}

variable "sso_instance_arn" {
  description = "The Identity Center instance (SSO_INSTANCE_ARN)."
  type        = string

  validation {
    condition     = can(regex("^arn:aws(-[a-z]{1,5}){0,3}:sso:::instance/(sso)?ins-[a-zA-Z0-9.-]{16}$", var.sso_instance_arn))
    error_message = "sso_instance_arn must be arn:aws:sso:::instance/ssoins-<16 characters>."
  }
}

variable "identity_store_id" {
  description = "The directory of the instance (IDENTITY_STORE_ID)."
  type        = string

  validation {
    condition     = can(regex("^(d-[0-9a-f]{10}|[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12})$", var.identity_store_id))
    error_message = "identity_store_id must be an identity store id, such as d-1234567890."
  }
}

variable "managed_permission_set_arns" {
  description = "The permission sets that belong to this system: what no request explains is removed from them. The policies allow no other."
  type        = list(string)

  validation {
    condition     = length(var.managed_permission_set_arns) > 0 && length(var.managed_permission_set_arns) == length(distinct(var.managed_permission_set_arns))
    error_message = "managed_permission_set_arns must name at least one permission set, and none twice."
  }

  validation {
    condition     = alltrue([for arn in var.managed_permission_set_arns : can(regex("^arn:aws(-[a-z]{1,5}){0,3}:sso:::permissionSet/(sso)?ins-[a-zA-Z0-9.-]{16}/ps-[a-zA-Z0-9./-]{16}$", arn))])
    error_message = "managed_permission_set_arns must hold arn:aws:sso:::permissionSet/ssoins-<16 characters>/ps-<16 characters>."
  }

  validation {
    condition     = alltrue([for arn in var.managed_permission_set_arns : try(split("/", arn)[1] == split("/", var.sso_instance_arn)[1], false)])
    error_message = "managed_permission_set_arns must be permission sets of sso_instance_arn."
  }
}

variable "default_permission_set_arn" {
  description = "The permission set of a binding that lists none (PERMISSION_SET_ARN)."
  type        = string

  validation {
    condition     = contains(var.managed_permission_set_arns, var.default_permission_set_arn)
    error_message = "default_permission_set_arn must be one of managed_permission_set_arns."
  }
}

variable "plugin_webhook_url" {
  description = "Where notifications go (PLUGIN_WEBHOOK_URL): https://<host>/plugins/com.dgwhited.jit-access/webhook."
  type        = string

  validation {
    condition     = can(regex("^https://[^@/?#\\s]+/[^@?#\\s]*$", var.plugin_webhook_url))
    error_message = "plugin_webhook_url must be an https URL with a path and without credentials, query and fragment."
  }
}

variable "secrets" {
  description = "Each either \"create\", which makes an empty secret to be filled by hand, or the ARN of one that exists; ops may also be \"none\": then there are no operators' calls."
  type = object({
    signing  = string
    ops      = string
    callback = string
  })

  validation {
    condition     = alltrue([for source in [var.secrets.signing, var.secrets.callback] : source == "create" || can(regex("^arn:aws(-[a-z]{1,5}){0,3}:secretsmanager:[a-z0-9-]+:\\d{12}:secret:[!-~]+$", source))])
    error_message = "secrets.signing and secrets.callback must be \"create\" or the ARN of a secret, and never the secret itself."
  }

  validation {
    condition     = contains(["create", "none"], var.secrets.ops) || can(regex("^arn:aws(-[a-z]{1,5}){0,3}:secretsmanager:[a-z0-9-]+:\\d{12}:secret:[!-~]+$", var.secrets.ops))
    error_message = "secrets.ops must be \"create\", \"none\" or the ARN of a secret, and never the secret itself."
  }
}

variable "prefix" {
  description = "What the name of everything begins with. Of tables its last \"-\" becomes \"_\"."
  type        = string
  default     = "jit-"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,20}-$", var.prefix))
    error_message = "prefix must be 2 to 22 small letters, digits and \"-\", begin with a letter and end with \"-\", such as jit- or prod-jit-."
  }
}

variable "managed_account_ids" {
  description = "The accounts that are managed (MANAGED_ACCOUNT_IDS); empty means every account of the organisation."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for id in var.managed_account_ids : can(regex("^\\d{12}$", id))])
    error_message = "managed_account_ids must hold account ids of 12 digits, in quotes."
  }
}

variable "excluded_account_ids" {
  description = "Accounts that are never touched (EXCLUDED_ACCOUNT_IDS); the reconciler's policy denies them."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for id in var.excluded_account_ids : can(regex("^\\d{12}$", id))])
    error_message = "excluded_account_ids must hold account ids of 12 digits, in quotes."
  }

  validation {
    condition     = length(setintersection(var.excluded_account_ids, var.managed_account_ids)) == 0
    error_message = "excluded_account_ids must hold none that managed_account_ids has too."
  }
}

variable "protected_principal_ids" {
  description = "Identity Store user ids whose access is never changed (PROTECTED_PRINCIPAL_IDS): those who must get in when this system is broken."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for id in var.protected_principal_ids : can(regex("^([0-9a-f]{10}-)?[A-Fa-f0-9]{8}(-[A-Fa-f0-9]{4}){3}-[A-Fa-f0-9]{12}$", id))])
    error_message = "protected_principal_ids must hold Identity Store user ids, such as 11111111-1111-4111-8111-111111111111."
  }
}

variable "settings" {
  description = "Further variables of docs/configuration.md, by name, for both parts: MAX_REQUEST_HOURS = \"8\". A part ignores what is not its own."
  type        = map(string)
  default     = {}

  validation {
    condition = length(setsubtract(keys(var.settings), [
      "MAX_REQUEST_HOURS", "PENDING_TTL_HOURS", "CLOCK_SKEW_MS", "IDENTITY_CENTER_RATE", "LOG_LEVEL", "API_BASE_PATH",
      "REVOKE_WAIT_MS", "PLUGIN_WEBHOOK_KEY_ID", "PLUGIN_WEBHOOK_SIGNED_PATH", "TICK_INTERVAL_MS", "SWEEP_INTERVAL_MS",
      "ORPHAN_GRACE_MS", "ORPHAN_BRAKE_COUNT", "ORPHAN_BRAKE_SHARE", "IDENTITY_CENTER_OUTSTANDING_MAX",
      "SWEEP_RATE_SHARE", "LEASE_DURATION_MS", "CANARY_ACCOUNT_ID", "CANARY_PERMISSION_SET_ARN", "CANARY_PRINCIPAL_ID",
      "CANARY_INTERVAL_MINUTES",
    ])) == 0
    error_message = "settings may hold what docs/configuration.md lists under limits, notifications, rhythm, the canary, LOG_LEVEL and API_BASE_PATH: all else is set from variables of this module."
  }
}

variable "existing_table_names" {
  description = "Names of the previous system's tables, where they do not follow the prefix: by requests, audit, config and nonces. Import them first."
  type        = map(string)
  default     = {}
}

variable "kms_key_arn" {
  description = "A customer managed key for the tables and the secrets made here. Left out, AWS's own keys are used."
  type        = string
  default     = null
}

variable "secrets_kms_key_arn" {
  description = "The customer managed key of the secrets that are given by ARN, where they have another one."
  type        = string
  default     = null

  validation {
    condition     = var.secrets_kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:\\d{12}:key/.+$", var.secrets_kms_key_arn))
    error_message = "secrets_kms_key_arn must be the ARN of a key, arn:aws:kms:<region>:<account>:key/<id>, and not that of an alias."
  }
}

variable "deletion_protection" {
  description = "Whether DynamoDB refuses to delete the tables."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "How long the logs are kept. The audit table is kept for good."
  type        = number
  default     = 90
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}
