package trial

// AnswerLimit is how many bytes of an answer are kept.
const AnswerLimit = answerLimit

// AnswerText takes the text out of a provider's answer.
var AnswerText = answerText
