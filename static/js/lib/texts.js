/**
 * Reads the page's own texts, so that scripts hold none: one <template data-text="…"> for each sentence.
 * <li data-check="camera"><template data-text="found">已找到 {count} 个摄像头</template>…</li>
 */

/**
 * Return the text named `key` inside `root`, its {placeholders} filled; "" where there is none.
 * @param {ParentNode} root
 * @param {string} key
 * @param {Record<string, string | number>} values
 */
export function text(root, key, values = {}) {
  const template = root.querySelector(`template[data-text="${CSS.escape(key)}"]`);
  const sentence = template ? template.content.textContent.trim() : "";
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
