# The way in, and who may reach whom. Where you have a load balancer, put its target group and your security groups into
# main.tf instead. The name in the certificate must lead to the load balancer's address: that record is yours to make.

locals {
  vpc_id          = "vpc-0123456789abcdef0"
  lb_subnet_ids   = ["subnet-0123456789abcdef2", "subnet-0123456789abcdef3"]
  certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"

  # Where the plugin and the operators call from.
  caller_cidrs = ["198.51.100.0/24"]
}

resource "aws_lb" "api" {
  name                       = "prod-jit-api"
  load_balancer_type         = "application"
  internal                   = true
  subnets                    = local.lb_subnet_ids
  security_groups            = [aws_security_group.load_balancer.id]
  drop_invalid_header_fields = true
}

# It asks whether a process is alive. Whether it is ready, /readyz, is not for ECS to act on: it replaces the tasks that
# fail this check, and a new task mends no table that does not answer.
resource "aws_lb_target_group" "api" {
  name                 = "prod-jit-api"
  target_type          = "ip"
  vpc_id               = local.vpc_id
  protocol             = "HTTP"
  port                 = 8080
  deregistration_delay = 30

  health_check {
    protocol = "HTTP"
    port     = "9090"
    path     = "/healthz"
    matcher  = "200"
    interval = 10
    timeout  = 5
  }
}

resource "aws_lb_listener" "api" {
  load_balancer_arn = aws_lb.api.arn
  protocol          = "HTTPS"
  port              = 443
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = local.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.api.arn
  }
}

resource "aws_security_group" "load_balancer" {
  name        = "prod-jit-load-balancer"
  description = "Callers of the API of prod-jit-."
  vpc_id      = local.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "callers" {
  for_each = toset(local.caller_cidrs)

  security_group_id = aws_security_group.load_balancer.id
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# The calls, and the question whether the process is alive.
resource "aws_vpc_security_group_egress_rule" "load_balancer_to_api" {
  for_each = toset(["8080", "9090"])

  security_group_id            = aws_security_group.load_balancer.id
  referenced_security_group_id = aws_security_group.task["api"].id
  ip_protocol                  = "tcp"
  from_port                    = tonumber(each.value)
  to_port                      = tonumber(each.value)
}

resource "aws_security_group" "task" {
  for_each = toset(["api", "reconciler"])

  name        = "prod-jit-${each.value}"
  description = "Tasks of the ${each.value} of prod-jit-."
  vpc_id      = local.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "api_from_load_balancer" {
  for_each = toset(["8080", "9090"])

  security_group_id            = aws_security_group.task["api"].id
  referenced_security_group_id = aws_security_group.load_balancer.id
  ip_protocol                  = "tcp"
  from_port                    = tonumber(each.value)
  to_port                      = tonumber(each.value)
}

# AWS's APIs, the registry and the plugin's webhook: https, to addresses that cannot be listed.
resource "aws_vpc_security_group_egress_rule" "task_to_https" {
  for_each = aws_security_group.task

  security_group_id = each.value.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
