# glmnet in R, as a worker: see worker.py for what goes in and out.
suppressMessages(library(glmnet))
# A path is not cut short, however little the deviance still changes.
glmnet.control(fdev = 0, devmax = 1)

options <- list(standardize = FALSE, maxit = 1e8)
stdin <- file("stdin", "r")
folder <- commandArgs(trailingOnly = TRUE)[1]

read <- function(name, what, size = NA_integer_) {
  file <- file.path(folder, name)
  length <- file.size(file) / if (is.na(size)) 8 else size
  readBin(file, what, n = length, size = size)
}
shape <- read("shape", "integer", 4)
y <- read("response", "double")
task <- readLines(file.path(folder, "task"), warn = FALSE)
alphas <- read("alphas", "double")
fold <- read("folds", "integer", 4)
if (readLines(file.path(folder, "kind"), warn = FALSE) == "sparse") {
  X <- Matrix::sparseMatrix(
    i = read("indices", "integer", 4), p = read("indptr", "integer", 4),
    x = read("data", "double"), dims = shape, index1 = FALSE
  )
} else {
  X <- matrix(read("data", "double"), shape[1], shape[2])
}

# What each task is to glmnet; others it has not.
families <- list(
  lasso = "gaussian", logistic = "binomial", multinomial = "multinomial",
  poisson = "poisson", gamma = Gamma(link = "log"), cox = "cox"
)
family <- families[[task]]
if (task %in% c("poisson", "gamma")) options$alpha <- 0.5
if (task == "cox") y <- survival::Surv(y[1:shape[1]], y[-(1:shape[1])])

path <- function(X, y, tol) {
  do.call(glmnet, c(list(X, y, family = family, lambda = alphas, thresh = tol), options))
}
# Intercepts above coefficients, for each alpha; classes vary fastest.
as_table <- function(model) {
  if (task == "cox") {
    return(rbind(0, as.matrix(model$beta)))
  }
  if (task != "multinomial") {
    return(rbind(model$a0, as.matrix(model$beta)))
  }
  classes <- lapply(seq_along(model$beta), function(k) {
    rbind(model$a0[k, ], as.matrix(model$beta[[k]]))
  })
  aperm(simplify2array(classes), c(3, 1, 2))
}
validate <- function(X, y, tol) {
  do.call(cv.glmnet, c(list(X, y, lambda = alphas, thresh = tol, foldid = fold + 1), options))
}
report <- function(...) {
  cat(..., "\n")
  flush(stdout())
}

if (is.null(family)) {
  report("refused it has no such model")
  quit()
}
small <- matrix(c(1, 2, 3, 4, 2, 1, 4, 3), 4)
seconds <- system.time(glmnet(small, c(1, 3, 2, 4), lambda = alphas))[["elapsed"]]
report("ready", seconds)
while (length(line <- readLines(stdin, n = 1)) > 0) {
  request <- strsplit(line, " ")[[1]]
  tol <- as.numeric(request[2])
  outcome <- tryCatch({
    start <- Sys.time()
    model <- if (request[1] == "path") path(X, y, tol) else validate(X, y, tol)
    seconds <- as.numeric(Sys.time() - start, units = "secs")
    if (request[1] == "path") {
      writeBin(as.vector(as_table(model)), request[3])
    } else {
      writeBin(c(model$cvm), request[3])
    }
    c("done", seconds)
  }, error = function(e) c("failed", conditionMessage(e)))
  report(outcome)
}
