import { workerData } from 'node:worker_threads'
import { serveTasks } from '../core/index.ts'
import { type BucketRange, type RangeCounts, type RangedCount, rangeCounter } from './ngram-range.ts'

serveTasks<BucketRange, RangeCounts>(rangeCounter(workerData as RangedCount))
