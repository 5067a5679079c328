# The two parts as Fargate services. The load balancer and the network are the organisation's own: only the API is behind
# it, and nothing has to reach the reconciler.

locals {
  # Of an image in the registry of an AWS account: the account, the region and the repository.
  ecr_image = try(regex("^(\\d{12})\\.dkr\\.ecr\\.([a-z0-9-]+)\\.amazonaws\\.com[a-z.]*/([^:@]+)", var.ecs.image), null)

  containers = local.on_ecs ? {
    api = {
      environment = merge(local.api_environment, { API_HOST = "0.0.0.0" })
      cpu         = var.ecs.api_cpu
      memory      = var.ecs.api_memory_mib
      ports       = [8080, 9090]
      # Longer than a revoke waits for its proof, and than the process takes to end by itself.
      stop_timeout_seconds = 30
    }
    reconciler = {
      environment          = local.reconciler_environment
      cpu                  = var.ecs.reconciler_cpu
      memory               = var.ecs.reconciler_memory_mib
      ports                = [9090]
      stop_timeout_seconds = 30
    }
  } : {}
}

resource "aws_ecs_cluster" "this" {
  count = local.on_ecs ? 1 : 0

  name = trimsuffix(var.prefix, "-")
  tags = var.tags
}

resource "aws_ecs_task_definition" "part" {
  for_each = local.containers

  family                   = "${var.prefix}${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = each.value.cpu
  memory                   = each.value.memory
  task_role_arn            = aws_iam_role.part[each.key].arn
  execution_role_arn       = aws_iam_role.ecs_execution[0].arn
  tags                     = var.tags

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.ecs.cpu_architecture
  }

  container_definitions = jsonencode([{
    name                   = each.key
    image                  = var.ecs.image
    command                = [each.key]
    essential              = true
    user                   = "65532:65532"
    readonlyRootFilesystem = true
    stopTimeout            = each.value.stop_timeout_seconds
    linuxParameters        = { capabilities = { drop = ["ALL"] } }
    portMappings           = [for port in each.value.ports : { containerPort = port, protocol = "tcp" }]
    environment = [
      for name, value in merge(each.value.environment, { AWS_REGION = local.region, ADMIN_HOST = "0.0.0.0" }) :
      { name = name, value = value }
    ]
    # Fargate does not read the image's own HEALTHCHECK; this is the same command.
    healthCheck = {
      command     = ["CMD", "/nodejs/bin/node", "/app/dist/cli/check-health.js"]
      interval    = 10
      timeout     = 3
      retries     = 3
      startPeriod = 30
    }
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.part[each.key].name
        awslogs-region        = local.region
        awslogs-stream-prefix = each.key
      }
    }
  }])
}

resource "aws_ecs_service" "api" {
  count = local.on_ecs ? 1 : 0

  name            = "${var.prefix}api"
  cluster         = aws_ecs_cluster.this[0].id
  task_definition = aws_ecs_task_definition.part["api"].arn
  desired_count   = var.ecs.api_count
  launch_type     = "FARGATE"
  propagate_tags  = "SERVICE"
  tags            = var.tags

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.ecs.subnet_ids
    security_groups  = var.ecs.api_security_group_ids
    assign_public_ip = var.ecs.assign_public_ip_address
  }

  load_balancer {
    target_group_arn = var.ecs.api_target_group_arn
    container_name   = "api"
    container_port   = 8080
  }

  # The load balancer asks from the first moment on; the API listens once it has its keys and the tables have answered.
  health_check_grace_period_seconds = 60

  # A task that finds no table or has no right yet ends, and ECS gives up on a service whose tasks end.
  depends_on = [module.tables, aws_iam_role_policy.part, aws_iam_role_policy.ecs_execution]
}

resource "aws_ecs_service" "reconciler" {
  count = local.on_ecs ? 1 : 0

  name            = "${var.prefix}reconciler"
  cluster         = aws_ecs_cluster.this[0].id
  task_definition = aws_ecs_task_definition.part["reconciler"].arn
  # Observers take no lead: each would look for itself, with a call budget that is made for one in an organisation.
  desired_count  = var.reconcile_mode == "observe" ? min(1, var.ecs.reconciler_count) : var.ecs.reconciler_count
  launch_type    = "FARGATE"
  propagate_tags = "SERVICE"
  tags           = var.tags

  # One leads and the others stand by, so a new one may start before an old one has ended.
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.ecs.subnet_ids
    security_groups  = var.ecs.reconciler_security_group_ids
    assign_public_ip = var.ecs.assign_public_ip_address
  }

  # A task that finds no table or has no right yet ends, and ECS gives up on a service whose tasks end.
  depends_on = [module.tables, aws_iam_role_policy.part, aws_iam_role_policy.ecs_execution]
}

# What ECS itself needs before the container runs: the image, and where the log goes. The container does not get it.
data "aws_iam_policy_document" "ecs_execution" {
  statement {
    sid = "Logs"
    actions = [
      "logs:CreateLogStream", # one stream for each task
      "logs:PutLogEvents",    # what the container prints
    ]
    resources = [
      for part in ["api", "reconciler"] :
      "arn:${local.partition}:logs:${local.region}:${var.account_id}:log-group:/ecs/${var.prefix}${part}:*"
    ]
  }

  dynamic "statement" {
    for_each = local.ecr_image == null ? [] : [local.ecr_image]
    content {
      sid = "Image"
      actions = [
        "ecr:BatchGetImage",               # the image's manifest
        "ecr:BatchCheckLayerAvailability", # which layers there are
        "ecr:GetDownloadUrlForLayer",      # the layers
      ]
      resources = ["arn:${local.partition}:ecr:${statement.value[1]}:${statement.value[0]}:repository/${statement.value[2]}"]
    }
  }

  dynamic "statement" {
    for_each = local.ecr_image == null ? [] : [local.ecr_image]
    content {
      sid = "Registry"
      actions = [
        "ecr:GetAuthorizationToken", # cannot be narrowed: it names no repository
      ]
      resources = ["*"]
    }
  }
}

resource "aws_iam_role" "ecs_execution" {
  count = local.on_ecs ? 1 : 0

  name               = "${var.prefix}execution"
  description        = "What ECS needs to start the tasks of ${var.prefix}."
  assume_role_policy = data.aws_iam_policy_document.assumed_by_service.json
  tags               = var.tags
}

resource "aws_iam_role_policy" "ecs_execution" {
  count = local.on_ecs ? 1 : 0

  name   = "${var.prefix}execution"
  role   = aws_iam_role.ecs_execution[0].id
  policy = data.aws_iam_policy_document.ecs_execution.json
}
