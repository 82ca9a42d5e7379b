import { workerData } from 'node:worker_threads'
import { attachEngine } from '../../kernels/network/engine.ts'
import { type CrewMember, serveCrew } from './crew.ts'
import { layOut } from './layout.ts'
import { openNetwork } from './network.ts'

const member = workerData as CrewMember
const { size, engine, shared, thread } = member
serveCrew(openNetwork(size, layOut(size), attachEngine(engine, shared, thread), thread), member)
