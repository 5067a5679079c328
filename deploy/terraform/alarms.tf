# Alarms on the metrics that the reconciler will send to the namespace JIT. The sender comes with the alerts work, and
# with it the right to send; until then var.alarms stays false. Labels become dimensions of the same name.

locals {
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
      metrics     = [for kind in ["orphaned", "quarantined"] : { name = "jit_drift_assignments", dimensions = { kind = kind } }]
      above       = 0
      minutes     = 15
      description = "Live access that nothing explains, or rows that cannot be understood. Read GET /drift."
    }
    withheld = {
      metrics     = [for reason in ["brake", "first sweep", "previous system", "incomplete view"] : { name = "jit_withheld_revocations", dimensions = { reason = reason } }]
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
        dimensions  = metric_query.value.dimensions
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
      period      = 60
      stat        = "Maximum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "leader" {
  count = var.alarms ? 1 : 0

  alarm_name          = "${var.prefix}heartbeat-leader"
  alarm_description   = "No process leads: nothing is reconciled."
  namespace           = "JIT"
  metric_name         = "jit_leader"
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
