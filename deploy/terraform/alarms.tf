# Alarms on the metrics that the parts send to the namespace JIT, twice a minute each. Labels are dimensions of the same name,
# and `deployment` tells controllers of one account and region apart. A standby sends as well, zeros: alarms take the maximum.

locals {
  deployment_dimension = { deployment = local.deployment }

  # What must stay at or below a level; each for so many minutes in a row.
  levels = {
    overdue = {
      metrics     = [{ name = "jit_revocation_overdue_seconds", dimensions = {} }]
      above       = 300
      minutes     = 2
      description = "Access outlives its end by more than five minutes. Read GET /drift, then GET /status."
    }
    overdue-count = {
      metrics     = [{ name = "jit_revocations_overdue", dimensions = {} }]
      above       = 0
      minutes     = 15
      description = "Endings have been overdue for a quarter of an hour. Look for throttling, then at GET /drift."
    }
    stuck = {
      metrics     = [{ name = "jit_stuck_operations", dimensions = {} }]
      above       = 0
      minutes     = 5
      description = "Operations were tried again and again without success. GET /drift says why; then POST /reconcile."
    }
    drift = {
      metrics     = [for kind in ["orphaned", "missing", "foreign", "quarantined", "contested", "unread"] : { name = "jit_drift_assignments", dimensions = { kind = kind } }]
      above       = 0
      minutes     = 15
      description = "Live access that nothing explains, granted access that is missing, a group or a protected user on a managed permission set, rows that cannot be understood, access that somebody makes again after each removal, or what cannot be looked at. Read GET /drift."
    }
    withheld = {
      metrics     = [for reason in ["brake", "first sweep", "previous system", "incomplete view", "wrong clock"] : { name = "jit_withheld_revocations", dimensions = { reason = reason } }]
      above       = 0
      minutes     = 5
      description = "Removals of unexplained access wait for a person. Read GET /plan, then release its digest."
    }
    outbox = {
      metrics     = [{ name = "jit_outbox_pending", dimensions = {} }]
      above       = 0
      minutes     = 15
      description = "Notifications are not accepted. See that the plugin is up and has the same secret."
    }
  }

  # When something last happened, as epoch seconds; nothing arriving is as bad as standing still.
  heartbeats = {
    pass  = { metric = "jit_last_pass_timestamp_seconds", age_max_seconds = 120, description = "No pass of the loop has completed for two minutes: nothing is ended. See that one process runs and is the leader." }
    sweep = { metric = "jit_last_full_sweep_timestamp_seconds", age_max_seconds = var.sweep_age_max_seconds, description = "No full sweep has completed: unexplained access is no longer found. See GET /coverage." }
  }
}

resource "aws_cloudwatch_metric_alarm" "level" {
  for_each = var.alarms ? local.levels : {}

  alarm_name          = "${var.prefix}${each.key}"
  alarm_description   = each.value.description
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.above
  evaluation_periods  = each.value.minutes
  # The heartbeats tell that nothing arrives; one cause should not set off every alarm.
  treat_missing_data = "notBreaching"
  alarm_actions      = var.alarm_topic_arns
  ok_actions         = var.alarm_topic_arns
  tags               = var.tags

  metric_query {
    id          = "total"
    expression  = join(" + ", [for at in range(length(each.value.metrics)) : "FILL(m${at}, 0)"])
    label       = each.key
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { for at, metric in each.value.metrics : "m${at}" => metric }
    content {
      id = metric_query.key
      metric {
        namespace   = "JIT"
        metric_name = metric_query.value.name
        dimensions  = merge(metric_query.value.dimensions, local.deployment_dimension)
        period      = 60
        stat        = "Maximum"
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "heartbeat" {
  for_each = var.alarms ? local.heartbeats : {}

  alarm_name          = "${var.prefix}heartbeat-${each.key}"
  alarm_description   = each.value.description
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.age_max_seconds
  evaluation_periods  = 2
  treat_missing_data  = "breaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
  tags                = var.tags

  metric_query {
    id          = "age"
    expression  = "EPOCH(last) - last"
    label       = "seconds since the last ${each.key}"
    return_data = true
  }

  metric_query {
    id = "last"
    metric {
      namespace   = "JIT"
      metric_name = each.value.metric
      dimensions  = local.deployment_dimension
      period      = 60
      stat        = "Maximum"
    }
  }
}

# An observer never leads.
resource "aws_cloudwatch_metric_alarm" "leader" {
  count = var.alarms && var.reconcile_mode == "enforce" ? 1 : 0

  alarm_name          = "${var.prefix}heartbeat-leader"
  alarm_description   = "No process leads: nothing is reconciled."
  namespace           = "JIT"
  metric_name         = "jit_leader"
  dimensions          = local.deployment_dimension
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 3
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
  tags                = var.tags
}

# Counted, not a level: how many were refused within a quarter of an hour, for reasons that take a key or a captured call.
resource "aws_cloudwatch_metric_alarm" "rejections" {
  count = var.alarms ? 1 : 0

  alarm_name          = "${var.prefix}signature-rejections"
  alarm_description   = "Calls to the API have bad signatures: a clock is off, a rotation is half done, or somebody tries."
  comparison_operator = "GreaterThanThreshold"
  threshold           = 3
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
  tags                = var.tags

  metric_query {
    id          = "total"
    expression  = "FILL(stale, 0) + FILL(unknown_key, 0) + FILL(wrong_signature, 0) + FILL(replayed, 0)"
    label       = "signature-rejections"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = toset(["stale", "unknown_key", "wrong_signature", "replayed"])
    content {
      id = metric_query.value
      metric {
        namespace   = "JIT"
        metric_name = "jit_signature_rejections_total"
        dimensions  = merge({ reason = metric_query.value }, local.deployment_dimension)
        period      = 900
        stat        = "Sum"
      }
    }
  }
}
