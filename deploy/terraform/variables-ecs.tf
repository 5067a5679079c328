variable "ecs" {
  description = "With run_on = \"ecs\": the image, the network, and the target group of a load balancer that speaks TLS and sends to port 8080, checking /healthz on port 9090."
  type = object({
    image                         = string
    subnet_ids                    = list(string)
    api_security_group_ids        = list(string)
    reconciler_security_group_ids = list(string)
    api_target_group_arn          = string
    cpu_architecture              = optional(string, "ARM64")
    api_count                     = optional(number, 2)
    reconciler_count              = optional(number, 2)
    api_cpu                       = optional(number, 256)
    api_memory_mib                = optional(number, 512)
    reconciler_cpu                = optional(number, 256)
    reconciler_memory_mib         = optional(number, 512)
    assign_public_ip_address      = optional(bool, false)
  })
  default = null

  validation {
    condition     = var.ecs == null || !endswith(try(var.ecs.image, ""), ":latest") && can(regex("^[^\\s:@]+(:\\d+)?/[^\\s:@]+(:[\\w.-]+|@sha256:[0-9a-f]{64})$", var.ecs.image))
    error_message = "ecs.image must be <registry>/<name>@sha256:<digest>, or with a tag that is not latest: what runs with these rights must be known."
  }

  validation {
    condition     = var.ecs == null || can(regex("^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\\d{12}:targetgroup/.+$", var.ecs.api_target_group_arn))
    error_message = "ecs.api_target_group_arn must be the ARN of a target group."
  }

  validation {
    condition     = try(length(var.ecs.subnet_ids) > 0 && length(var.ecs.api_security_group_ids) > 0 && length(var.ecs.reconciler_security_group_ids) > 0, true)
    error_message = "ecs.subnet_ids, ecs.api_security_group_ids and ecs.reconciler_security_group_ids must each name at least one."
  }

  validation {
    condition     = try(contains(["ARM64", "X86_64"], var.ecs.cpu_architecture), true)
    error_message = "ecs.cpu_architecture must be ARM64 or X86_64, whichever the image is for."
  }
}
