/**
 * Hands answers to the server that can no longer count by themselves: of a page that died, or whose place another page has
 * taken. The server logs them under their own queue and epoch, where staff see them; only then are they forgotten here.
 *
 *   await deposit(send, { sitting, client, epoch }, ops);   the ops that the server has logged
 */
import { ApiError, backoff } from "./api.js";
import { hold } from "./client.js";
import { Vault, queuesOf, speakerOf } from "./vault.js";

const BATCH = 50;
const MOST_TRIES = 8;

/**
 * @param {(body: object) => Promise<{data: any}>} send posts to the address of answers
 * @param {{sitting: number, client: string, epoch: number}} speaker whose they are
 * @param {object[]} ops
 * @returns {Promise<{op: object, outcome: string}[]>} what became of those that the server has decided on
 */
export async function deposit(send, speaker, ops) {
  const decided = [];
  for (let start = 0; start < ops.length; start += BATCH) {
    const part = ops.slice(start, start + BATCH);
    const acks = await acksFor(send, { ...speaker, ops: part.map(asSent) });
    for (const ack of acks) {
      const op = part.find(({ question, seq }) => question === ack.question && seq === ack.seq);
      op && decided.push({ op, outcome: ack.outcome });
    }
  }
  return decided;
}

/** @param {object} op @returns {{question: number, seq: number, value: string[], doubtful: boolean}} as it travels */
export function asSent({ question, seq, value, doubtful }) {
  return { question, seq, value, doubtful };
}

/** Ask again while the server is away; a refusal carries acks as well, and anything else is final. */
async function acksFor(send, body) {
  for (let failures = 1; failures <= MOST_TRIES; failures += 1) {
    try {
      return (await send(body)).data?.acks ?? [];
    } catch (error) {
      const { data, isPassing, retryAfterMs, status } = error instanceof ApiError ? error : new ApiError(0);
      if (!isPassing && status !== 423) {
        return data?.acks ?? [];
      }
      await new Promise((resolve) => window.setTimeout(resolve, retryAfterMs || backoff(failures)));
    }
  }
  return [];
}

/**
 * Look for queues of this sitting whose page is gone, hand over what they had not sent, and forget them.
 * @param {{sitting: number, send: (body: object) => Promise<any>, own?: string, waitMs?: number}} options own: the queue of
 *   this page; waitMs: how long a page that is just going may still hold its queue
 * @returns {Promise<{decided: {op: object, outcome: string}[], left: number, held: number}>} left: answers the server does
 *   not have yet; held: queues of other pages that live
 */
export async function depositOrphans({ sitting, send, own = "", waitMs = 0 }) {
  const decided = [];
  let left = 0;
  let held = 0;
  for (const { client } of await queuesOf(sitting).catch(() => [])) {
    if (client === own) {
      continue;
    }
    const options = waitMs > 0 ? { signal: AbortSignal.timeout(waitMs) } : { ifAvailable: true };
    if (navigator.locks && !(await hold(sitting, client, options))) {
      held += 1;
      continue;
    }
    const rest = await depositQueue(sitting, client, send).catch(() => ({ decided: [], left: 0 }));
    decided.push(...rest.decided);
    left += rest.left;
  }
  return { decided, left, held };
}

async function depositQueue(sitting, client, send) {
  const vault = await Vault.open(sitting);
  const rows = (await vault.rows("answers")).filter(({ row }) => row.client === client);
  const ops = rows.filter(({ row }) => row.pending).map(({ row, secret }) => ({ ...row, ...secret }));
  const decided = [];
  for (const epoch of new Set(ops.map((op) => op.epoch))) {
    const some = ops.filter((op) => op.epoch === epoch);
    decided.push(...(await deposit(send, { sitting, client: speakerOf(client), epoch }, some)));
  }
  const left = ops.length - decided.length;
  if (left === 0) {
    for (const { row } of rows) {
      await vault.remove("answers", [sitting, client, row.question]);
    }
    await vault.remove("queues", [sitting, client]);
  }
  vault.close();
  return { decided, left };
}
