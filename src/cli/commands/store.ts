import { commandGroup } from '../command.ts'
import { storeAdd, storeImportViper } from './store-add.ts'
import { storeAllow } from './store-allow.ts'
import { storeNote, storeRemove, storeTag } from './store-edit.ts'
import { storeList, storeSearch, storeShow } from './store-find.ts'
import { storeGc, storeGet, storeVerify } from './store-keep.ts'

/** `taxon store`: samples, and what is known of them. */
export const store = commandGroup({
  name: 'store',
  summary: 'keep samples safely, with all that is known of them',
  commands: [
    storeAdd,
    storeList,
    storeShow,
    storeSearch,
    storeTag,
    storeNote,
    storeGet,
    storeRemove,
    storeVerify,
    storeGc,
    storeImportViper,
    storeAllow,
  ],
})
