// docs/errors.md: the table of error codes, as a page.

/** @param {Record<string, { exit: number, http: number, doc: string }>} codes
 * @returns {string} markdown */
export function errorsPage(codes) {
  const rows = Object.entries(codes).map(
    ([code, { exit, http, doc }]) => `| \`${code}\` | ${exit} | ${http} | ${doc} |`,
  )
  return `# Errors

Whatever goes wrong is an \`UnfogError\`: \`message\` says in one sentence what is wrong, which value, and what to do;
\`code\` is one of the names below; \`param\` is the option, flag, field or file at fault. The command line prints
the sentence and leaves with the exit status: 1 is a failure, 2 wrong usage. A server answers with the HTTP status.

\`\`\`ts
import { loadModel, UnfogError } from 'unfog'

try {
  await loadModel('no-such-model')
} catch (error) {
  if (error instanceof UnfogError && error.code === 'not_found') console.log(error.message)
  else throw error
}
\`\`\`

| code | exit | HTTP | what it means |
| --- | --- | --- | --- |
${rows.join('\n')}

Made from \`src/error/codes.ts\` by \`npm run docs\`.
`
}
