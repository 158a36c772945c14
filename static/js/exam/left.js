/** The page after leaving: the paper does not stay behind in this browser. */
import { forgetPapers } from "../lib/vault.js";

forgetPapers().catch(() => {
  // This browser keeps nothing.
});
