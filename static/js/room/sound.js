/**
 * A short tone for what must not be overlooked; only where somebody has switched it on, remembered by this browser.
 * <button data-sound aria-pressed="false"><svg><use href="…#sound-off"></use></svg></button>
 */
const KEY = "examplatform.room.sound";

export class Alarm {
  #context = null;

  /** @param {HTMLButtonElement} button @param {string} sprite */
  constructor(button, sprite) {
    Object.assign(this, { button, sprite });
    this.isOn = localStorage.getItem(KEY) === "on";
    this.#draw();
    button.addEventListener("click", () => {
      this.isOn = !this.isOn;
      localStorage.setItem(KEY, this.isOn ? "on" : "off");
      this.#draw();
      this.ring(); // so that one hears what to listen for; and a browser lets pages sound only after a click
    });
  }

  ring() {
    if (!this.isOn) {
      return;
    }
    this.#context ??= new AudioContext();
    this.#context.resume().then(() => {
      [660, 880].forEach((pitch, index) => this.#tone(pitch, this.#context.currentTime + index * 0.18));
    }, () => {});
  }

  #tone(pitch, at) {
    const [tone, loudness] = [this.#context.createOscillator(), this.#context.createGain()];
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0, at);
    loudness.gain.linearRampToValueAtTime(0.2, at + 0.02);
    loudness.gain.exponentialRampToValueAtTime(0.001, at + 0.16);
    tone.connect(loudness).connect(this.#context.destination);
    tone.start(at);
    tone.stop(at + 0.17);
    document.dispatchEvent(new CustomEvent("room:rang"));
  }

  #draw() {
    this.button.setAttribute("aria-pressed", String(this.isOn));
    this.button.querySelector("use").setAttribute("href", `${this.sprite}#${this.isOn ? "sound" : "sound-off"}`);
  }
}
