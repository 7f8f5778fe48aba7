'use strict';

// How busy an event loop is.

const workerBinding = binding.worker;

function define({ now }) {
  // Between the two earlier ones that are given, or since the one, or since the loop's start. Times in
  // milliseconds; `start` is on the clock of `now()`.
  function utilization(start, idle, first, second) {
    if (start <= 0) return { idle: 0, active: 0, utilization: 0 };
    if (second) {
      const idleBetween = first.idle - second.idle;
      const active = first.active - second.active;
      return { idle: idleBetween, active, utilization: active / (idleBetween + active) };
    }
    const active = now() - start - idle;
    if (!first) return { idle, active, utilization: active / (idle + active) };
    const idleSince = idle - first.idle;
    const activeSince = active - first.active;
    return { idle: idleSince, active: activeSince, utilization: activeSince / (idleSince + activeSince) };
  }

  function eventLoopUtilization(first, second) {
    return utilization(workerBinding.milestones()[4], workerBinding.ownIdleTime(), first, second);
  }

  exports.utilization = utilization;
  return { eventLoopUtilization };
}

exports.define = define;
