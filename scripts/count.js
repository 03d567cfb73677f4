// What a run of vitest amounts to, from its JSON report. Nothing that went wrong may be lost on the way.

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/** @typedef {{ status: string, fullName: string, ancestorTitles: string[] }} Assertion */
/** @typedef {{ name: string, status: string, startTime: number, endTime: number, assertionResults: Assertion[] }} File */

/** @param {File[]} files `testResults` of the report
 * @param {number} exit of vitest
 * @returns {Counts} */
export function count(files, exit) {
  const states = files.flatMap((file) => file.assertionResults.map(({ status }) => status))
  // a file may break outside of its tests, even before the first
  const broken = files.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((result) => result.status === 'failed'),
  )
  const passed = states.filter((state) => state === 'passed').length
  const failed = states.filter((state) => state === 'failed').length
  const all = failed + broken.length
  return {
    passed,
    // an error outside of files leaves no trace but vitest's exit status
    failed: all === 0 && exit !== 0 ? 1 : all,
    skipped: states.length - passed - failed,
  }
}
