// Which Node unfog runs on. Old Nodes read this file too, so it uses nothing new.

/** @type {readonly [number, number]} major, minor: the `engines` of package.json */
export const oldest = [20, 19]

/** What is wrong with a version of Node, in a sentence.
 * @param {string} version such as `v20.19.0`
 * @returns {string | undefined} undefined when it will do */
export function nodeFault(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number)
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return undefined
  return `unfog needs Node ${oldest.join('.')} or newer, and this is Node ${version}: install a newer one and run the command again.`
}
