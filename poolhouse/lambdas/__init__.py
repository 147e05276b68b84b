"""Lambda functions, each run as AWS runs it: awslambdaric in a process of its own, against the Runtime API served here.

Owns: functions and their resource policies (`functions`), the pool of warm workers (`workers`), one worker's process
(`process`) with the Runtime API it polls (`runtime_api`), one invocation from event to answer with its log lines
(`invocation`), what a worker finds in its environment (`environment`, `role_keys`), noticing changed code
(`code_folder`), asynchronous invocations (`later`) and what other services tell functions (`queue`,
`event_sources`), and the one Lambda operation, Invoke (`operations`).
`bootstrap.py` and `shim/` run inside the worker and import nothing of this package.

Not here, and not built yet: the rest of Lambda's control API, versions and aliases, layers, extensions, response
streaming, destinations of asynchronous invocations, runtimes other than Python.
The memory limit is told to the function but not enforced; /tmp is the machine's own.
"""
