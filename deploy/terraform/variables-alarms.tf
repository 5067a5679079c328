variable "alarms" {
  description = "Whether metrics are sent to CloudWatch, namespace JIT, and the alarms on them are made. Both cost money: see docs/operations.md."
  type        = bool
  default     = false
}

variable "alarm_topic_arns" {
  description = "SNS topics that are told of an alarm and of its end."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.alarm_topic_arns : can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:\\d{12}:.+$", arn))])
    error_message = "alarm_topic_arns must hold ARNs of SNS topics."
  }
}

variable "sweep_age_max_seconds" {
  description = "How old the last full sweep may be. Several times what a sweep takes in this organisation: see GET /coverage."
  type        = number
  default     = 3600

  validation {
    condition     = var.sweep_age_max_seconds >= 120
    error_message = "sweep_age_max_seconds must be at least 120: a sweep starts at most once a minute."
  }
}
