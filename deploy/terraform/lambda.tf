# The two parts as functions. The reconciler is started every minute and runs until its time is nearly over; the API
# starts it at once after each approve and revoke.

locals {
  functions = local.on_lambda ? {
    api = {
      environment     = merge(local.api_environment, { RECONCILER_FUNCTION_NAME = local.function_names.reconciler })
      memory          = var.lambda.api_memory_mib
      timeout_seconds = 20
    }
    # More than the minute between two starts: the next stands by, and takes over when this one ends.
    reconciler = {
      environment     = local.reconciler_environment
      memory          = var.lambda.reconciler_memory_mib
      timeout_seconds = 75
    }
  } : {}
}

resource "aws_lambda_function" "part" {
  for_each = local.functions

  function_name     = local.function_names[each.key]
  description       = "The ${each.key} of ${var.prefix}."
  role              = aws_iam_role.part[each.key].arn
  runtime           = var.lambda.runtime
  architectures     = [var.lambda.architecture]
  handler           = "dist/${each.key}/lambda.handler"
  s3_bucket         = var.lambda.s3_bucket
  s3_key            = var.lambda.s3_key
  s3_object_version = var.lambda.s3_object_version
  memory_size       = each.value.memory
  timeout           = each.value.timeout_seconds
  tags              = var.tags

  # AWS_REGION is Lambda's own: it may not be set.
  environment {
    variables = each.value.environment
  }

  # The function would make a log group of its own, which is kept for ever.
  depends_on = [aws_cloudwatch_log_group.part, aws_iam_role_policy.lambda_logs]
}

# What the function writes it writes again at its next start: a second try of an old event would be of no use.
resource "aws_lambda_function_event_invoke_config" "reconciler" {
  count = local.on_lambda ? 1 : 0

  function_name                = aws_lambda_function.part["reconciler"].function_name
  maximum_event_age_in_seconds = 60
  maximum_retry_attempts       = 0
}

resource "aws_cloudwatch_event_rule" "every_minute" {
  count = local.on_lambda ? 1 : 0

  name                = "${var.prefix}reconciler-every-minute"
  description         = "Starts the reconciler of ${var.prefix}."
  schedule_expression = "rate(1 minute)"
  tags                = var.tags
}

resource "aws_cloudwatch_event_target" "reconciler" {
  count = local.on_lambda ? 1 : 0

  rule = aws_cloudwatch_event_rule.every_minute[0].name
  arn  = aws_lambda_function.part["reconciler"].arn
}

resource "aws_lambda_permission" "every_minute" {
  count = local.on_lambda ? 1 : 0

  statement_id   = "EveryMinute"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.part["reconciler"].function_name
  principal      = "events.amazonaws.com"
  source_arn     = aws_cloudwatch_event_rule.every_minute[0].arn
  source_account = var.account_id
}

# The functions' own log groups, and nothing else of CloudWatch.
data "aws_iam_policy_document" "lambda_logs" {
  for_each = local.functions

  statement {
    sid = "Logs"
    actions = [
      "logs:CreateLogStream", # one stream for each copy of the function
      "logs:PutLogEvents",    # what the function prints
    ]
    resources = ["arn:${local.partition}:logs:${local.region}:${var.account_id}:log-group:/aws/lambda/${var.prefix}${each.key}:*"]
  }
}

resource "aws_iam_role_policy" "lambda_logs" {
  for_each = local.functions

  name   = "${var.prefix}${each.key}-logs"
  role   = aws_iam_role.part[each.key].id
  policy = data.aws_iam_policy_document.lambda_logs[each.key].json
}
