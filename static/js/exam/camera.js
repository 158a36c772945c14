/**
 * Starts the camera of the exam document, where the exam asks for it. Nothing here holds the paper up: the face box itself
 * says in words what is wrong with a camera, and the invigilators see it.
 * <div data-camera>…<video></video>…</div>
 */

/**
 * @param {{root: HTMLElement, config: any, client: string, isBusy: () => boolean, onChanged: () => void}} options
 * @returns {Promise<() => void>} to be called when the server knows the candidate: opens what a lost sign-in has closed
 */
export async function startExamCamera({ root, config, client, isBusy, onChanged }) {
  // Loaded on demand: the paper has to open even where this module cannot.
  const { startCamera } = await import("../proctoring/camera.js");
  let isSignedOut = false;
  const camera = await startCamera({
    video: root.querySelector("[data-camera] video"),
    socketUrl: config.urls.socket,
    purpose: "exam",
    client,
    isBusy,
    onCheckIn: onChanged,
    onChanged,
    onRefused: ({ error }) => (isSignedOut = error === "signed_out"),
  });
  return () => {
    if (isSignedOut) {
      isSignedOut = false;
      camera?.open();
    }
  };
}
