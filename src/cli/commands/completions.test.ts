import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fakeIo } from '../../../test/fake-io.ts'
import { commands } from './index.ts'

const completions = commands.find(({ name }) => name === 'completions')!

async function script(shell: string): Promise<string> {
  const io = fakeIo()
  expect(await completions.run([shell], io)).toBe(0)
  return io.out
}

/** What bash offers after these words; the last one is being typed. */
async function offered(...typed: string[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'taxon-completions-'))
  try {
    writeFileSync(join(folder, 'taxon.bash'), await script('bash'))
    const words = ['taxon', ...typed].map((word) => `'${word}'`).join(' ')
    const code = `. ./taxon.bash; COMP_WORDS=(${words}); COMP_CWORD=${typed.length}; _taxon; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout, stderr } = spawnSync('bash', ['-c', code], { cwd: folder, encoding: 'utf8' })
    expect(stderr).toBe('')
    return stdout.trim().split('\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('taxon completions', () => {
  it.each(['bash', 'zsh', 'fish'])('knows every command for %s', async (shell) => {
    const text = await script(shell)
    for (const { name } of commands) expect(text).toContain(name)
    expect(text).toContain('exit-zero')
  })

  it('offers commands, sub-commands and options in bash', async () => {
    expect(await offered('cl')).toEqual(['classify'])
    expect(await offered('corpus', 'im')).toContain('import')
    expect(await offered('classify', '--exit')).toEqual(['--exit-zero'])
    expect(await offered('corpus', 'import', '--lab')).toEqual(['--labels'])
    expect(await offered('store', 'allow', 're')).toEqual(['remove'])
    expect(await offered('store', 'allow', 'add', '--rea')).toEqual(['--reason'])
    expect(await offered('store', 'allow', 'add', 'tag', '--exp')).toEqual(['--expires'])
    expect(await offered('classify', 'some.json', '--mod')).toEqual(['--model'])
    expect(await offered('classify', 'tax')).toContain('taxon.bash')
  })

  it.each([[[]], [['tcsh']], [['__proto__']]])('asks for a shell it knows, given %j', async (argv) => {
    await expect(completions.run(argv, fakeIo())).rejects.toThrow('for which shell? bash, zsh, fish')
  })
})
