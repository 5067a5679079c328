# The way to the function from outside. There is no authorizer: every call is signed, and the API checks it before it
# reads anything else. The stage is $default because a stage's name would become a part of the path that callers sign.

resource "aws_apigatewayv2_api" "this" {
  count = local.on_lambda ? 1 : 0

  name          = "${var.prefix}api"
  description   = "Signed calls of the chat plugin and of operators."
  protocol_type = "HTTP"
  tags          = var.tags
}

resource "aws_apigatewayv2_integration" "api" {
  count = local.on_lambda ? 1 : 0

  api_id                 = aws_apigatewayv2_api.this[0].id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_function.part["api"].arn
  payload_format_version = "2.0"
  timeout_milliseconds   = 20000
}

resource "aws_apigatewayv2_route" "all" {
  count = local.on_lambda ? 1 : 0

  api_id    = aws_apigatewayv2_api.this[0].id
  route_key = "$default"
  target    = "integrations/${aws_apigatewayv2_integration.api[0].id}"
}

resource "aws_apigatewayv2_stage" "default" {
  count = local.on_lambda ? 1 : 0

  api_id      = aws_apigatewayv2_api.this[0].id
  name        = "$default"
  auto_deploy = true
  tags        = var.tags

  # What is unsigned costs an invocation each. The API's own limits are for each key.
  default_route_settings {
    throttling_burst_limit = 100
    throttling_rate_limit  = 50
  }
}

resource "aws_lambda_permission" "api_gateway" {
  count = local.on_lambda ? 1 : 0

  statement_id  = "ApiGateway"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.part["api"].function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this[0].execution_arn}/*/$default"
}
