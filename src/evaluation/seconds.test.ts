import { describe, expect, it } from 'vitest'
import { workSeconds } from './seconds.ts'

describe('workSeconds', () => {
  it('adds up trainings, and scales scoring to a thousand rows', () => {
    const jobs = [
      { seconds: { train: 2, score: 0.1 }, rows: 40 },
      { seconds: { train: 4, score: 0.2 }, rows: 60 },
    ]
    expect(workSeconds(jobs)).toEqual({
      trainings: 2,
      train: 6,
      perTraining: 3,
      per1000Rows: expect.closeTo(3, 12),
    })
  })

  it('says nothing where a job was not timed, or none scored a row', () => {
    expect(workSeconds([{ seconds: null, rows: 5 }])).toBeNull()
    expect(workSeconds([{ seconds: { train: 1, score: 1 }, rows: 0 }])).toBeNull()
    expect(workSeconds([])).toBeNull()
  })
})
