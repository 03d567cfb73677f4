export { fetchStore } from './fetch.ts'
export { memoryStore } from './memory.ts'
export { type Clock, type FileInfo, readText, type Store, systemClock, writeText } from './store.ts'
