// Sessions of one thread, in tests and in the Node processes that they start: as many tests run at once as there are
// cores, and onnxruntime's threads wait for each other by spinning, in the way of the test beside them. A test that is
// about threads says how many it wants; one that starts a program as its users do clears NODE_OPTIONS.
import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'

os.availableParallelism = () => 1
syncBuiltinESMExports()
process.env.NODE_OPTIONS = `--import=${import.meta.url}`
