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

path <- function(X, y, tol) {
  do.call(glmnet, c(list(X, y, lambda = alphas, thresh = tol), options))
}
validate <- function(X, y, tol) {
  do.call(cv.glmnet, c(list(X, y, lambda = alphas, thresh = tol, foldid = fold + 1), options))
}
report <- function(...) {
  cat(..., "\n")
  flush(stdout())
}

seconds <- system.time(path(matrix(c(1, 2, 3, 4, 2, 1, 4, 3), 4), c(1, 3, 2, 4), 1e-7))[["elapsed"]]
report("ready", seconds)
while (length(line <- readLines(stdin, n = 1)) > 0) {
  request <- strsplit(line, " ")[[1]]
  tol <- as.numeric(request[2])
  outcome <- tryCatch({
    start <- Sys.time()
    model <- if (request[1] == "path") path(X, y, tol) else validate(X, y, tol)
    seconds <- as.numeric(Sys.time() - start, units = "secs")
    if (request[1] == "path") {
      table <- rbind(model$a0, as.matrix(model$beta))
      writeBin(as.vector(table), request[3])
    } else {
      writeBin(c(model$cvm), request[3])
    }
    c("done", seconds)
  }, error = function(e) c("failed", conditionMessage(e)))
  report(outcome)
}
