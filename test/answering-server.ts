import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server on 127.0.0.1 that answers each address with JSON, with status 404 where there is none for it. */
export async function answering(
  answer: (url: URL) => unknown,
): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer((request, response) => {
    const json = answer(new URL(request.url!, 'http://fake'))
    response.writeHead(json === undefined ? 404 : 200).end(JSON.stringify(json ?? { message: 'Not found' }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
