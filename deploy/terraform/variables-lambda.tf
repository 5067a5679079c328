variable "lambda" {
  description = "With run_on = \"lambda\": the zip with dist/, package.json and the production node_modules, as an object in S3 whose version is given."
  type = object({
    s3_bucket             = string
    s3_key                = string
    s3_object_version     = string
    runtime               = optional(string, "nodejs22.x")
    architecture          = optional(string, "arm64")
    api_memory_mib        = optional(number, 512)
    reconciler_memory_mib = optional(number, 512)
  })
  default = null

  validation {
    condition     = try(length(var.lambda.s3_bucket) > 2 && length(var.lambda.s3_key) > 0 && length(var.lambda.s3_object_version) > 0, true)
    error_message = "lambda.s3_bucket, lambda.s3_key and lambda.s3_object_version must all be given: what runs with these rights must be known."
  }

  validation {
    condition     = var.lambda == null || can(regex("^nodejs(20|22|24)\\.x$", var.lambda.runtime))
    error_message = "lambda.runtime must be nodejs20.x, nodejs22.x or nodejs24.x."
  }

  validation {
    condition     = try(contains(["arm64", "x86_64"], var.lambda.architecture), true)
    error_message = "lambda.architecture must be arm64 or x86_64."
  }
}
