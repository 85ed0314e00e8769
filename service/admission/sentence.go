package admission

// Overloaded is what a client learns of [ErrOverloaded].
const Overloaded = "The service is overloaded: it is answering as many requests as it may. Retry after a second."
