/** Signal that an answer was sent to its client. */
export interface AnswerSignal {
  /** Registers a function that is called once: when the answer was sent, or its client has disconnected. */
  onSent(listener: () => void): void;
}
