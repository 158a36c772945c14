/**
 * Brings the tab of the page that is open into sight, where a narrow screen lets the tabs scroll.
 * <nav class="room-tabs"><a aria-current="page">…</a></nav>
 */
const tabs = document.querySelector(".room-tabs");
const here = tabs?.querySelector("[aria-current]");

if (here) {
  tabs.scrollLeft = here.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - here.offsetWidth) / 2;
}
