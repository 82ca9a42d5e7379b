import { type Kysely, sql } from 'kysely'
import { NewerStoreError } from './errors.ts'
import type { Schema } from './schema.ts'

/** How a back end spells the types that differ. */
export interface ColumnTypes {
  /** Compared by bytes, as JavaScript's hashes and SQLite's texts are. */
  readonly text: string
  readonly id: string
}

/**
 * What brings a database from each version of the schema to the next, the first from nothing. What was released is never
 * changed: a change is one more entry.
 */
const migrations: readonly ((types: ColumnTypes) => readonly string[])[] = [
  ({ text, id }) => [
    `create table "settings" ("name" ${text} primary key, "value" ${text} not null)`,
    `create table "samples" ("seq" ${id}, "sha256" ${text} not null unique, "sha1" ${text} not null,
      "md5" ${text} not null, "size" bigint not null, "type" ${text} not null, "state" ${text} not null,
      "reasons" ${text} not null, "addedAt" bigint not null)`,
    'create index "samples_sha1" on "samples" ("sha1")',
    'create index "samples_md5" on "samples" ("md5")',
    'create index "samples_added" on "samples" ("addedAt", "sha256")',
    `create table "names" ("sha256" ${ofSample(text)}, "name" ${text} not null, "at" bigint not null,
      primary key ("sha256", "name"))`,
    `create table "sightings" ("sha256" ${ofSample(text)}, "key" ${text} not null, "source" ${text} not null,
      "at" bigint not null, "name" ${text}, "protocol" ${text}, "sourceAddress" ${text}, "sourcePort" integer,
      "destinationAddress" ${text}, "destinationPort" integer, "host" ${text}, "uri" ${text}, "details" ${text},
      primary key ("sha256", "key"))`,
    `create table "tags" ("sha256" ${ofSample(text)}, "tag" ${text} not null, "by" ${text}, "at" bigint not null,
      primary key ("sha256", "tag"))`,
    'create index "tags_tag" on "tags" ("tag", "sha256")',
    `create table "notes" ("id" ${id}, "sha256" ${ofSample(text)}, "text" ${text} not null, "by" ${text},
      "at" bigint not null)`,
    'create index "notes_sample" on "notes" ("sha256")',
    `create table "relations" ("parent" ${ofSample(text)}, "child" ${ofSample(text)}, "kind" ${text} not null,
      "name" ${text} not null, primary key ("parent", "child", "kind", "name"))`,
    'create index "relations_child" on "relations" ("child")',
    `create table "labels" ("sha256" ${ofSample(text)}, "source" ${text} not null, "engine" ${text} not null,
      "version" ${text} not null, "malicious" integer, "family" ${text}, "category" ${text}, "firstSeen" ${text},
      "by" ${text}, "detection" ${text}, "state" ${text} not null, "problem" ${text}, "at" bigint not null,
      primary key ("sha256", "source", "engine", "version"))`,
    `create table "artifacts" ("sha256" ${ofSample(text)}, "kind" ${text} not null, "producer" ${text} not null,
      "digest" ${text} not null, "size" bigint not null, "at" bigint not null,
      primary key ("sha256", "kind", "producer"))`,
    'create index "artifacts_digest" on "artifacts" ("digest")',
    `create table "verdicts" ("sha256" ${ofSample(text)}, "view" ${text} not null, "modelSha256" ${text} not null,
      "verdict" ${text} not null, "family" ${text}, "category" ${text}, "probability" double precision,
      "state" ${text} not null, "json" ${text} not null, "at" bigint not null,
      primary key ("sha256", "view", "modelSha256"))`,
    `create table "deliveries" ("key" ${text} not null, "target" ${text} not null, "body" ${text} not null,
      "attempts" integer not null, "nextAt" bigint, "deliveredAt" bigint, "problem" ${text},
      primary key ("key", "target"))`,
    'create index "deliveries_due" on "deliveries" ("nextAt")',
    `create table "allowances" ("kind" ${text} not null, "value" ${text} not null, "reason" ${text} not null,
      "by" ${text}, "at" bigint not null, "expiresAt" bigint, primary key ("kind", "value"))`,
    `create table "steps" ("sha256" ${ofSample(text)}, "step" ${text} not null, "version" ${text} not null,
      "state" ${text} not null, "attempts" integer not null, "detail" ${text}, "at" bigint not null,
      "dueAt" bigint, "seq" bigint not null, primary key ("sha256", "step"))`,
    'create index "steps_due" on "steps" ("step", "version", "dueAt", "seq")',
    'create index "steps_state" on "steps" ("step", "state")',
    `create table "queues" ("step" ${text} primary key, "version" ${text} not null, "after" ${text} not null)`,
    `create table "cursors" ("name" ${text} primary key, "value" ${text} not null)`,
  ],
]

function ofSample(text: string): string {
  return `${text} not null references "samples" ("sha256") on delete cascade`
}

/** The version of the schema that this taxon writes. */
export const SCHEMA_VERSION = migrations.length

/**
 * Brings a database to the current schema. The caller holds the lock under which this is done by one process at a time.
 * @throws NewerStoreError and leaves everything as it was
 */
export async function migrate(db: Kysely<Schema>, types: ColumnTypes, where: string): Promise<void> {
  await sql.raw('create table if not exists "schemaVersion" ("version" integer not null)').execute(db)
  const { rows } = await sql<{
    version: number
  }>`select max("version") as "version" from "schemaVersion"`.execute(db)
  const version = rows[0]?.version ?? 0
  if (version > SCHEMA_VERSION) throw new NewerStoreError(where, version, SCHEMA_VERSION)
  for (const [i, statements] of migrations.entries()) {
    if (i < version) continue
    for (const statement of statements(types)) await sql.raw(statement).execute(db)
    await sql`insert into "schemaVersion" ("version") values (${i + 1})`.execute(db)
  }
}
