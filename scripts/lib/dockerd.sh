# A Docker daemon of our own, for scripts that source this: start_daemon, end_daemon. Everything of it is below $work,
# a folder of the caller's; $daemon is its PID while it runs.

daemon=
# start_daemon STORAGE-DRIVER
start_daemon() {
  rm -rf "$work/data"
  # A session of its own: Ctrl-C is for the tests; the daemon is needed to remove their containers.
  setsid dockerd --data-root "$work/data" --exec-root "$work/exec" --pidfile "$work/pid" \
    --host "unix://$work/docker.sock" --iptables=false --bridge=none --storage-driver "$1" \
    >>"$work/dockerd.log" 2>&1 &
  daemon=$!
  local tries
  for ((tries = 0; tries < 300; tries++)); do
    docker --host "unix://$work/docker.sock" version >/dev/null 2>&1 && return 0
    kill -0 "$daemon" 2>/dev/null || break
    sleep 0.1
  done
  end_daemon
  return 1
}

# Ends the daemon and what it started, by id.
end_daemon() {
  [[ -n $daemon ]] || return 0
  end_process "$daemon"
  wait "$daemon" 2>/dev/null || true
  daemon=
  # dockerd ends its containerd itself, if it is given the time. What is left names our folder in its arguments.
  local process
  for process in /proc/[0-9]*; do
    if tr '\0' ' ' 2>/dev/null <"$process/cmdline" | grep -qF -- "$work/exec"; then
      end_process "${process#/proc/}"
    fi
  done
}

# end_process PID: asks, waits up to 20 seconds, then insists.
end_process() {
  local tries
  kill -TERM "$1" 2>/dev/null || return 0
  for ((tries = 0; tries < 200; tries++)); do
    [[ -e /proc/$1 && $(ps -o stat= -p "$1") != Z* ]] || return 0
    sleep 0.1
  done
  kill -KILL "$1" 2>/dev/null || true
}
