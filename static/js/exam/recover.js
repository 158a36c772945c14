/**
 * The page that stands in for the exam page while the server is out of reach: shows the paper that this device has kept, or
 * says that there is none, and goes on to the real page as soon as the server answers.
 * <main id="main"><div data-recovery data-page="/waiting/" data-ping="/ping/"><p data-recovery-text></p> <template data-text="none">…</template></div></main>
 */
import { getJson, backoff } from "../lib/api.js";
import { text } from "../lib/texts.js";
import { Vault, lastPaper } from "../lib/vault.js";
import { unpack } from "./shell.js";

const box = document.querySelector("[data-recovery]");
const isByItself = window.location.pathname !== box.dataset.page; // opened by its own address: the server may be there

const shell = isByItself ? null : await keptShell().catch(() => null);
if (isByItself) {
  window.location.replace(box.dataset.page);
} else if (shell) {
  unpack(shell);
  await import("./waiting.js");
} else {
  box.querySelector("[data-recovery-text]").textContent = text(box, "none");
  box.querySelector("[data-reload]").addEventListener("click", () => window.location.reload());
  await backSoon();
}

async function keptShell() {
  const sitting = await lastPaper();
  if (sitting === null) {
    return null;
  }
  const vault = await Vault.open(sitting);
  const [kept] = await vault.rows("papers");
  vault.close();
  return kept?.secret.shell ?? null;
}

async function backSoon(failures = 1) {
  await new Promise((resolve) => window.setTimeout(resolve, backoff(failures, { mostMs: 8000 })));
  try {
    await getJson(box.dataset.ping);
    window.location.reload();
  } catch {
    await backSoon(failures + 1);
  }
}
