import { describe, expect, it } from 'vitest'
import { closeGate, readingGate, throughGate } from './reading-gate.ts'

describe('readingGate', () => {
  it('closes once all who are inside have left, and lets nobody in after that', async () => {
    const gate = readingGate()
    const said: string[] = []
    let finish = () => {}
    const reading = throughGate(gate, () => new Promise<void>((resolve) => (finish = resolve)))
    const closing = closeGate(gate).then(() => said.push('closed'))
    await expect(throughGate(gate, async () => said.push('read'))).rejects.toThrow('closed')
    expect(said).toEqual([])
    finish()
    await Promise.all([reading, closing])
    expect(said).toEqual(['closed'])
  })

  it('lets out those whose reading fails', async () => {
    const gate = readingGate()
    await expect(throughGate(gate, () => Promise.reject(new RangeError('no')))).rejects.toThrow('no')
    await closeGate(gate)
  })
})
