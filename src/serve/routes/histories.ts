// Training runs as they are now: plans in short and all reports so far.
import { noParameters } from '../query.ts'
import { type RunsService, route } from '../service.ts'

export const histories = route({
  about: 'All training runs: name, size, budget, reports.',
  parameters: noParameters,
  handle: async (_, { runs }: RunsService) => Response.json(await runs()),
})
